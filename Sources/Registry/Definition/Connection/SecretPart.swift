import Value

/// `{secret}` in a URL, which `url_secret` puts a secret in place of.
enum SecretPart {
    static let name = "secret"
    static let text = "{secret}"
    static let advice = "{secret} in a URL needs the authentication type url_secret."

    /// Before and behind the first question mark.
    static func splitQuery(_ text: String) -> (path: String, query: Substring?) {
        guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (text, nil) }
        return (String(text[..<mark]), text[text.utf8.index(after: mark)...])
    }

    /// A URL pattern in which the secret may be any text of its segment.
    static func pattern(_ text: String) -> String {
        pieces(text[...]).joined(separator: "*")
    }

    /// The parameters of a URL's own query; nil after a fault.
    static func parse(_ query: Substring?, _ place: JSONPointer, _ faults: FaultList) -> [FixedQuery]? {
        guard let query, !query.isEmpty else { return [] }
        var parameters: [FixedQuery] = []
        for pair in query.split(separator: "&") {
            let name = pair.prefix { $0 != "=" }
            let value = pair.dropFirst(name.utf8.count + 1)
            let decoded = pieces(value).map { PercentDecoding.decode($0, plusIsSpace: true) }
            guard let key = PercentDecoding.decode(name, plusIsSpace: true), !key.isEmpty, !key.contains(text),
                !key.utf8.contains(where: isControl), decoded.allSatisfy({ $0.map { !$0.utf8.contains(0) } ?? false })
            else {
                faults.invalid(place, "The query is not made of name=value, percent-encoded, with & between them.")
                return nil
            }
            parameters.append(FixedQuery(name: key, pieces: decoded.compactMap(\.self)))
        }
        guard parameters.count <= 50 else {
            faults.invalid(place, "The URL's own query has more than 50 parameters.")
            return nil
        }
        return parameters
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    /// What stands around the secret.
    private static func pieces(_ text: Substring) -> [Substring] {
        var pieces: [Substring] = []
        var start = text.startIndex
        var index = start
        while index < text.endIndex {
            if text[index...].utf8.starts(with: Self.text.utf8) {
                pieces.append(text[start..<index])
                index = text.utf8.index(index, offsetBy: Self.text.utf8.count)
                start = index
            } else {
                index = text.utf8.index(after: index)
            }
        }
        return pieces + [text[start...]]
    }
}
