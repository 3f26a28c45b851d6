extension JSON {
    /// About how many bytes the value takes when it is written, escapes not counted. Looks no further once `limit` is
    /// reached, so that the cost is bounded by it.
    package func size(limit: Int) -> Int {
        var total = 0
        add(to: &total, limit)
        return min(total, limit)
    }

    private func add(to total: inout Int, _ limit: Int) {
        guard total < limit else { return }
        switch self {
        case .null, .bool: total += 5
        case .number(let value): total += value.text.utf8.count + 1
        case .string(let value): total += value.utf8.count + 3
        case .array(let elements):
            total += 2
            for element in elements {
                guard total < limit else { return }
                element.add(to: &total, limit)
            }
        case .object(let object):
            total += 2
            for (key, value) in object {
                guard total < limit else { return }
                total += key.utf8.count + 4
                value.add(to: &total, limit)
            }
        }
    }
}
