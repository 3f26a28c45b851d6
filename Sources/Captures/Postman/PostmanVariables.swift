import Value

/// The variables of a collection, by name. Environments are files of their own, so that many have no value here.
struct PostmanVariables {
    private var values: [String: String] = [:]

    private static let longest = 8192
    private static let mostRounds = 8
    private static let most = 10_000

    /// The variables and, behind them, those of an inner folder.
    func adding(_ list: JSON?) -> PostmanVariables {
        guard let list = list?.array, !list.isEmpty else { return self }
        var result = self
        for variable in list.prefix(1000) where variable["disabled"]?.bool != true {
            guard let name = (variable["key"] ?? variable["id"] ?? variable["name"])?.string,
                result.values.count < Self.most
            else { continue }
            switch variable["value"] {
            case .string(let text): result.values[name] = text
            case .number(let number): result.values[name] = number.text
            case .bool(let truth): result.values[name] = String(truth)
            default: continue
            }
        }
        return result
    }

    /// What the variables of a kind hold.
    func values(where isWanted: (String) -> Bool) -> [String] {
        values.filter { isWanted($0.key) }.map(\.value)
    }

    /// The text with the variables' values in their places, as far as they have any that `isTaken` lets through.
    func resolve(_ text: String, where isTaken: (String, String) -> Bool = { _, _ in true }) -> String {
        var text = text
        for _ in 0..<Self.mostRounds {
            guard text.contains("{{"), let next = once(text, isTaken), next.utf8.count <= Self.longest else { break }
            text = next
        }
        return text
    }

    /// Nil where nothing was replaced.
    private func once(_ text: String, _ isTaken: (String, String) -> Bool) -> String? {
        var result = ""
        var rest = text[...]
        var isChanged = false
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            let name = rest[open.upperBound..<close.lowerBound].split(separator: " ").joined(separator: " ")
            result += rest[..<open.lowerBound]
            if let value = values[name], !value.isEmpty, isTaken(name, value) {
                result += value
                isChanged = true
            } else {
                result += rest[open.lowerBound..<close.upperBound]
            }
            rest = rest[close.upperBound...]
        }
        return isChanged ? result + rest : nil
    }
}

extension Substring {
    /// Where `text` stands first.
    fileprivate func firstRange(of text: String) -> Range<Index>? {
        guard let first = text.first else { return nil }
        var start = startIndex
        while let found = self[start...].firstIndex(of: first) {
            if self[found...].hasPrefix(text) { return found..<index(found, offsetBy: text.count) }
            start = index(after: found)
        }
        return nil
    }
}
