import Drafts

/// A path with the segments that identify something replaced: `/users/42/orders` is `/users/{user_id}/orders`.
struct PathShape: Sendable, Hashable, CustomStringConvertible {
    enum Segment: Sendable, Hashable {
        case literal(String)
        /// Its name, what was seen there, and what follows it in the same segment, such as `.json`.
        case parameter(String, Kind, suffix: String = "")
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
            let previous = segments.last.flatMap { if case .literal(let word) = $0 { word } else { nil } }
            let suffix = suffix(ofValue: text, behind: previous, isFirst: segments.isEmpty)
            if let (given, suffix) = given(text) {
                segments.append(.parameter(unique(given, &names), .text, suffix: suffix))
            } else if suffix != nil || values.contains(index) {
                let value = String(text.dropLast(suffix?.count ?? 0))
                let name = unique(PathWords.name(behind: previous), &names)
                segments.append(.parameter(name, kind(value), suffix: suffix ?? ""))
            } else {
                segments.append(.literal(text))
            }
        }
        return PathShape(segments: segments)
    }

    /// `{name}` as a template has it already, and what follows it.
    private static func given(_ text: String) -> (name: String, suffix: String)? {
        guard text.hasPrefix("{"), let close = text.lastIndex(of: "}") else { return nil }
        let name = text[..<close].dropFirst()
        let suffix = text[text.index(after: close)...]
        guard !name.isEmpty, name.utf8.allSatisfy(ASCIIText.isWord), suffix.isEmpty || suffix.hasPrefix("."),
            suffix.utf8.count <= 5, suffix.utf8.dropFirst().allSatisfy({ (0x61...0x7A).contains($0) })
        else { return nil }
        return (String(name), String(suffix))
    }

    private static func suffix(ofValue text: String, behind previous: String?, isFirst: Bool) -> String? {
        if text.utf8.contains(where: { "{}".utf8.contains($0) }) { return "" }
        return PathWords.suffix(ofIdentifier: text, behind: previous, isFirst: isFirst)
    }

    /// What no literal segment of an API's paths looks like, wherever it stands.
    static func isValue(_ text: String) -> Bool { suffix(ofValue: text, behind: nil, isFirst: false) != nil }

    static func kind(_ text: String) -> Kind {
        switch IdentifierKind(text) {
        case .number: .integer
        case .uuid: .uuid
        default: .text
        }
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
                case .parameter(let name, _, let suffix): "{\(name)}\(suffix)"
                }
            }.joined(separator: "/")
    }

    /// The parameters as an endpoint lists them.
    var parameters: [(name: String, kind: Kind)] {
        segments.compactMap { segment in
            if case .parameter(let name, let kind, _) = segment { (name, kind) } else { nil }
        }
    }
}
