extension PathTemplate {
    /// The parameters' raw values (still encoded, in the order of ``names``) where the template matches a raw path; nil
    /// where it does not. Literal parts are compared byte by byte, so that an encoded spelling of them does not match.
    package func match(_ path: some StringProtocol) -> [Substring]? {
        let path = Substring(path)
        var ranges: [Range<Int>] = []
        guard withBytes(of: path, { matches($0, captures: &ranges) }) else { return nil }
        let start = path.utf8.startIndex
        return ranges.map { range in
            path[
                path.utf8.index(start, offsetBy: range.lowerBound)..<path.utf8.index(start, offsetBy: range.upperBound)]
        }
    }

    private func matches(_ path: Bytes, captures: inout [Range<Int>]) -> Bool {
        guard !segments.isEmpty else { return path.isEmpty }
        guard path.first == .slash else { return false }
        var start = 1
        for (index, segment) in segments.enumerated() {
            var end = start
            while end < path.count, path[end] != .slash { end += 1 }
            // The last segment ends the path, and no other does.
            guard (end == path.count) == (index == segments.count - 1) else { return false }
            guard PathTemplate.matches(segment, path[bytes: start..<end], offset: start, captures: &captures) else {
                return false
            }
            start = end + 1
        }
        return true
    }

    /// Each parameter takes as little as the literal behind it lets it; the last one takes the rest.
    private static func matches(
        _ segment: [Part], _ bytes: Bytes, offset: Int, captures: inout [Range<Int>]
    ) -> Bool {
        var position = 0
        for (index, part) in segment.enumerated() {
            switch part {
            case .literal(let literal):
                guard bytes.equals(literal, at: position) else { return false }
                position += literal.count
            case .parameter:
                guard position < bytes.count else { return false }
                let end: Int
                if index + 1 == segment.count {
                    end = bytes.count
                } else if case .literal(let literal) = segment[index + 1] {
                    let isLast = index + 2 == segment.count
                    let from = isLast ? max(position + 1, bytes.count - literal.count) : position + 1
                    guard let found = (from..<bytes.count).first(where: { bytes.equals(literal, at: $0) }) else {
                        return false
                    }
                    end = found
                } else {
                    end = position + 1
                }
                captures.append(offset + position..<offset + end)
                position = end
            }
        }
        return position == bytes.count
    }
}
