import Drafts

/// A path with the segments that identify something replaced: `/users/42/orders` is `/users/{user_id}/orders`.
struct PathShape: Sendable, Hashable, CustomStringConvertible {
    enum Segment: Sendable, Hashable {
        case literal(String)
        /// Its name, and what was seen there.
        case parameter(String, Kind)
    }

    /// What values of a parameter look like.
    enum Kind: Sendable, Hashable {
        case integer, uuid, text
    }

    private(set) var segments: [Segment]

    /// - Parameter values: the segments that are known to hold a value, whatever they look like.
    static func of(_ path: String, values: Set<Int> = []) -> PathShape {
        var segments: [Segment] = []
        var names: Set<String> = []
        for (index, part) in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().enumerated() {
            let text = String(part)
            if let given = given(text) {
                segments.append(.parameter(unique(given, &names), .text))
            } else if values.contains(index) || isValue(text) {
                segments.append(.parameter(unique(name(behind: segments), &names), kind(text)))
            } else {
                segments.append(.literal(text))
            }
        }
        return PathShape(segments: segments)
    }

    /// `{name}` as a template has it already.
    private static func given(_ text: String) -> String? {
        guard text.hasPrefix("{"), text.hasSuffix("}"), text.utf8.count > 2 else { return nil }
        let name = text.dropFirst().dropLast()
        return name.utf8.allSatisfy(ASCIIText.isWord) ? String(name) : nil
    }

    /// What no literal segment of an API's paths looks like.
    static func isValue(_ text: String) -> Bool {
        if text.utf8.contains(UInt8(ascii: "%")) || text.utf8.contains(where: { "{}".utf8.contains($0) }) {
            return true
        }
        guard let kind = IdentifierKind(text) else { return false }
        // A version, such as `v2` or `2024-01`, is a place of its own where it stands before all else.
        return kind != .date || text.utf8.count >= 10
    }

    static func kind(_ text: String) -> Kind {
        switch IdentifierKind(text) {
        case .number: .integer
        case .uuid: .uuid
        default: .text
        }
    }

    /// Named by what it is one of.
    private static func name(behind segments: [Segment]) -> String {
        guard case .literal(let last)? = segments.last, !isVersion(last) else { return "id" }
        let noun = Noun.singular(last)
        return noun.isEmpty ? "id" : noun + "_id"
    }

    private static func isVersion(_ text: String) -> Bool {
        let digits = text.utf8.dropFirst()
        return text.utf8.first == UInt8(ascii: "v") && !digits.isEmpty
            && digits.allSatisfy { ASCIIText.isDigit($0) || $0 == UInt8(ascii: ".") } || text == "api"
    }

    private static func unique(_ name: String, _ names: inout Set<String>) -> String {
        var result = name
        var number = 2
        while !names.insert(result).inserted {
            result = "\(name)_\(number)"
            number += 1
        }
        return result
    }

    var description: String {
        "/"
            + segments.map { segment in
                switch segment {
                case .literal(let text): text
                case .parameter(let name, _): "{\(name)}"
                }
            }.joined(separator: "/")
    }

    /// The parameters as an endpoint lists them.
    var parameters: [(name: String, kind: Kind)] {
        segments.compactMap { segment in
            if case .parameter(let name, let kind) = segment { (name, kind) } else { nil }
        }
    }
}
