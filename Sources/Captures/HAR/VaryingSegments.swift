import Drafts
import Value

/// Finds segments that name one thing among many though they look like words: repositories, tenants, slugs.
///
/// Endpoints of one method that differ in a single segment, or in two neighbours, are one endpoint when at least three
/// of them answered with the very same properties.
enum VaryingSegments {
    private static let fewest = 3
    private static let leastProperties = 3

    private struct Item {
        var shape: EndpointShape
        let first: Int
        /// What the answers hold, in one text; nil for too little. Kept, for every round asks for it.
        private(set) var names: String?

        init(_ shape: EndpointShape, first: Int) {
            (self.shape, self.first) = (shape, first)
            names = VaryingSegments.names(shape)
        }

        mutating func merge(_ others: [EndpointShape], at indices: [Int]) {
            shape.merge(others, at: indices)
            names = VaryingSegments.names(shape)
        }
    }

    private struct Key: Hashable {
        let method: String
        let identity: CallIdentity
        let segments: [PathShape.Segment]
        let names: String
    }

    /// The endpoints, each with the offset of the first that went into it, in their order.
    static func merge(_ shapes: [EndpointShape]) -> [(shape: EndpointShape, first: Int)] {
        var result = shapes.enumerated().map { Item($1, first: $0) }
        let longest = shapes.map(\.path.segments.count).max() ?? 0
        // What is behind goes first: an item's own name varies more often than its collection's.
        for index in stride(from: longest - 1, through: 1, by: -1) { result = merge(result, at: [index]) }
        for index in stride(from: longest - 1, through: 2, by: -1) { result = merge(result, at: [index - 1, index]) }
        return result.map { ($0.shape, $0.first) }
    }

    private static func merge(_ items: [Item], at indices: [Int]) -> [Item] {
        var buckets: [Key: [Int]] = [:]
        for (offset, item) in items.enumerated() {
            guard let key = key(item, at: indices) else { continue }
            buckets[key, default: []].append(offset)
        }
        var result = items
        var gone: Set<Int> = []
        for members in buckets.values where members.count >= fewest {
            guard let first = members.first else { continue }
            result[first].merge(members.dropFirst().map { items[$0].shape }, at: indices)
            gone.formUnion(members.dropFirst())
        }
        return result.enumerated().filter { !gone.contains($0.offset) }.map(\.element)
    }

    /// Equal for endpoints that may be one; nil for one that stays by itself.
    private static func key(_ item: Item, at indices: [Int]) -> Key? {
        guard let names = item.names else { return nil }
        var segments = item.shape.path.segments
        for index in indices {
            guard index < segments.count, case .literal = segments[index], !PathShape.isVersion(segments[index - 1])
            else { return nil }
            segments[index] = .parameter(name: "\0", suffix: "")
        }
        return Key(method: item.shape.method, identity: item.shape.identity, segments: segments, names: names)
    }

    private static func names(_ shape: EndpointShape) -> String? {
        var names: [String] = []
        collect(shape.answers.schema, "", depth: 0, into: &names)
        return names.count < leastProperties ? nil : names.sorted().joined(separator: "\n")
    }

    private static func collect(_ schema: JSON, _ prefix: String, depth: Int, into names: inout [String]) {
        guard depth < 5, names.count < 500 else { return }
        for (name, value) in schema["properties"]?.object ?? [:] {
            names.append(prefix + name)
            collect(value, prefix + name + ".", depth: depth + 1, into: &names)
        }
        if let items = schema["items"] { collect(items, prefix + "[].", depth: depth + 1, into: &names) }
    }
}
