import Drafts
import Value

/// Finds segments that name one thing among many though they look like words: repositories, tenants, slugs.
///
/// Endpoints of one method that differ in a single segment, or in two neighbours, are one endpoint when at least three
/// of them answered with the very same properties.
enum VaryingSegments {
    private static let fewest = 3
    private static let leastProperties = 3

    /// The endpoints, each with the offset of the first that went into it, in their order.
    static func merge(_ shapes: [EndpointShape]) -> [(shape: EndpointShape, first: Int)] {
        var result = shapes.enumerated().map { (shape: $1, first: $0) }
        let longest = shapes.map(\.path.segments.count).max() ?? 0
        // What is behind goes first: an item's own name varies more often than its collection's.
        for index in stride(from: longest - 1, through: 1, by: -1) { result = merge(result, at: [index]) }
        for index in stride(from: longest - 1, through: 2, by: -1) { result = merge(result, at: [index - 1, index]) }
        return result
    }

    private static func merge(
        _ shapes: [(shape: EndpointShape, first: Int)], at indices: [Int]
    ) -> [(shape: EndpointShape, first: Int)] {
        var buckets: [String: [Int]] = [:]
        for (offset, item) in shapes.enumerated() {
            guard let key = key(item.shape, at: indices) else { continue }
            buckets[key, default: []].append(offset)
        }
        var result = shapes
        var gone: Set<Int> = []
        for members in buckets.values where members.count >= fewest {
            guard let first = members.first else { continue }
            result[first].shape.merge(members.dropFirst().map { shapes[$0].shape }, at: indices)
            gone.formUnion(members.dropFirst())
        }
        return result.enumerated().filter { !gone.contains($0.offset) }.map(\.element)
    }

    /// Equal for endpoints that may be one; nil for one that stays by itself.
    private static func key(_ shape: EndpointShape, at indices: [Int]) -> String? {
        var segments = shape.path.segments
        for index in indices {
            guard index < segments.count, case .literal = segments[index], !PathShape.isVersion(segments[index - 1])
            else { return nil }
            segments[index] = .parameter(name: "\0", suffix: "")
        }
        var names: [String] = []
        collect(shape.answers.schema, "", depth: 0, into: &names)
        guard names.count >= leastProperties else { return nil }
        return "\(shape.method) \(segments) \(names.sorted().joined(separator: "\n"))"
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
