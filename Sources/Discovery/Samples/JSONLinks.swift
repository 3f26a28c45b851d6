import Drafts
import Value

/// The links in an answer: HAL's `_links`, JSON:API's `links`, and what is called `href` or `…_url`.
struct JSONLinks: Sendable {
    struct Link: Sendable, Hashable {
        var reference: String
        var pointer: JSONPointer
        /// Segments of its path that stand for a value.
        var values: Set<Int> = []
        /// Whether it leads to another page of the same.
        var isPaging = false
    }

    private static let mostLinks = 200
    private static let mostNodes = 20_000
    private static let mostDepth = 10
    private static let names: Set<String> = ["href", "url", "uri", "self", "related", "link", "@id", "location"]
    private static let paging: Set<String> = ["next", "prev", "previous", "first", "last"]
    private static let identifying: Set<String> = [
        "id", "_id", "uuid", "slug", "key", "code", "name", "login", "username", "handle", "number", "sku", "symbol",
    ]

    private(set) var links: [Link] = []
    /// Whether the document is nothing but links.
    private(set) var isDirectory: Bool
    private let current: [Substring]
    private let known: Set<Int>
    private let isRoot: Bool
    private var nodes = 0

    /// - Parameters:
    ///   - path: of the answer's own address, with the segments in it that are values.
    ///   - isRoot: whether every address in it counts, whatever it is called.
    init(_ json: JSON, path: String, values: Set<Int>, isRoot: Bool) {
        current = Self.segments(path)
        known = values
        self.isRoot = isRoot
        isDirectory = false
        walk(json, .root, Context())
        let leaves = json.object?.count { $0.value.string != nil || $0.value.object != nil } ?? 0
        isDirectory = isRoot && !links.isEmpty && leaves == json.object?.count
    }

    private struct Context {
        /// What identifies the object that the link stands in.
        var identifiers: Set<String> = []
        var isInList = false
        /// Within `_links` or `links`.
        var isLinks = false
        var isPaging = false
    }

    private mutating func walk(_ value: JSON, _ pointer: JSONPointer, _ context: Context) {
        guard nodes < Self.mostNodes, pointer.tokens.count < Self.mostDepth, links.count < Self.mostLinks else {
            return
        }
        nodes += 1
        switch value {
        case .array(let elements):
            var inner = context
            inner.isInList = !context.isLinks || context.isInList
            for (index, element) in elements.prefix(50).enumerated() { walk(element, pointer.appending(index), inner) }
        case .object(let object):
            var inner = context
            if !context.isLinks, !isRoot { inner.identifiers.formUnion(Self.identifiers(object)) }
            for (key, value) in object {
                guard links.count < Self.mostLinks else { return }
                var member = inner
                let name = ASCIIText.lowercased(key.utf8)
                member.isLinks = context.isLinks || name == "_links" || name == "links"
                member.isPaging = context.isPaging || Self.paging.contains(name)
                if let text = value.string {
                    if isLink(name, text, member) { add(text, pointer.appending(key), member) }
                } else {
                    walk(value, pointer.appending(key), member)
                }
            }
        case .null, .bool, .number, .string: break
        }
    }

    private static func identifiers(_ object: JSONObject) -> [String] {
        object.prefix(64).compactMap { key, value in
            let name = ASCIIText.lowercased(key.utf8)
            guard identifying.contains(name) || name.hasSuffix("_id") || key.hasSuffix("Id") else { return nil }
            return value.string ?? value.int.map(String.init)
        }
    }

    private func isLink(_ name: String, _ text: String, _ context: Context) -> Bool {
        guard text.hasPrefix("/") || text.hasPrefix("https://") || text.hasPrefix("http://") else { return false }
        return context.isLinks || isRoot || Self.names.contains(name) || Self.paging.contains(name)
            || name.hasSuffix("_url") || name.hasSuffix("_uri") || name.hasSuffix("url") && name.utf8.count <= 40
    }

    private mutating func add(_ text: String, _ pointer: JSONPointer, _ context: Context) {
        guard text.utf8.count <= WebAddress.longest else { return }
        var link = Link(reference: text, pointer: pointer, isPaging: context.isPaging)
        let segments = Self.segments(text)
        var isSame = true
        for (index, segment) in segments.enumerated() {
            if known.contains(index), isSame, index < current.count, current[index] == segment {
                link.values.insert(index)
            }
            isSame = isSame && index < current.count && current[index] == segment
            if context.identifiers.contains(String(segment)), !Self.isCollection(segment, segments, index) {
                link.values.insert(index)
            }
        }
        // An item of a list, below the list's own path: what follows tells the items apart.
        let isBelow = segments.count == current.count + 1 && segments.starts(with: current)
        if context.isInList, isBelow, !context.isPaging { link.values.insert(current.count) }
        links.append(link)
    }

    /// Whether the segment is the list's own name, which an item may bear as its `name` or `key`.
    private static func isCollection(_ segment: Substring, _ segments: [Substring], _ index: Int) -> Bool {
        index == 0 || index + 1 < segments.count && IdentifierKind(String(segments[index + 1])) != nil
    }

    /// Of the path alone, whatever stands before and behind it.
    static func segments(_ reference: String) -> [Substring] {
        var rest = Substring(reference)
        if let scheme = rest.firstRange(of: "://") {
            rest = rest[scheme.upperBound...]
            rest = rest[(rest.firstIndex(of: "/") ?? rest.endIndex)...]
        }
        let path = rest.prefix { $0 != "?" && $0 != "#" }
        return Array(path.split(separator: "/", omittingEmptySubsequences: false).dropFirst())
    }
}
