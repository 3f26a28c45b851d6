import Drafts
package import EgressPolicy
package import Value

/// Methods and path templates of calls that were made, with their number: what the connector's own audit can teach.
///
/// Of a line only `method`, `path`, `origin`, `decision` and `status` are looked at, and of a path only its template is
/// kept. The command makes this where the audit is; ``json`` alone leaves that machine.
package struct ObservedCalls: Sendable {
    /// One kind of call.
    package struct Call: Sendable, Hashable {
        package var method: String
        /// Identifiers as `{name}`.
        package var template: String
        package var count: Int
    }

    private struct Key: Hashable {
        var method: String
        var segments: [String]
    }

    private static let methods: Set<String> = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    private static let mostKinds = 20_000
    private static let mostCalls = 2_000
    private static let mostLine = 16 << 10
    private static let mostSegments = 24
    /// Stands for a value within a key.
    private static let value = "{}"

    /// Whose calls count; nil for all.
    private let origin: Origin?
    private var counts: [Key: Int] = [:]
    private var rest: [UInt8] = []
    private var isSkipping = false
    /// Lines that were no records, or too long.
    package private(set) var unreadable = 0
    /// Calls beyond what could be remembered.
    package private(set) var forgotten = 0

    /// - Parameter origin: the API's; lines about others are passed over.
    package init(origin: Origin?) {
        self.origin = origin
    }

    /// Reads more of the audit file; lines may be cut anywhere between two calls.
    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                if rest.count < Self.mostLine { rest.append(byte) } else { isSkipping = true }
                continue
            }
            endLine()
        }
    }

    /// Reads the last line, where no line end follows it.
    package mutating func finish() { endLine() }

    private mutating func endLine() {
        defer {
            rest.removeAll(keepingCapacity: true)
            isSkipping = false
        }
        guard !rest.isEmpty else { return }
        let limits = JSONLimits(depth: 8, bytes: Self.mostLine, nodes: 256)
        guard !isSkipping, let line = try? JSON.parse(rest, limits: limits), let method = line["method"]?.string,
            let path = line["path"]?.string
        else {
            unreadable += 1
            return
        }
        guard line["decision"] != "denied", let status = line["status"]?.int, (200..<400).contains(status) else {
            return
        }
        if let origin {
            guard let seen = line["origin"]?.string, (try? Origin(seen)) == origin else { return }
        }
        count(method, path, 1)
    }

    private mutating func count(_ method: String, _ path: String, _ number: Int) {
        guard Self.methods.contains(method), path.hasPrefix("/"), path.utf8.count <= 2048 else { return }
        let shape = PathShape.of(String(path.prefix { $0 != "?" && $0 != "#" }))
        guard shape.segments.count <= Self.mostSegments else { return }
        let segments = shape.segments.map { segment in
            switch segment {
            case .literal(let text): text
            case .parameter(_, _, let suffix): Self.value + suffix
            }
        }
        let key = Key(method: method, segments: segments)
        if counts[key] == nil, counts.count >= Self.mostKinds {
            forgotten += number
            return
        }
        counts[key, default: 0] += number
    }

    /// The kinds of calls, the most frequent first.
    package var calls: [Call] {
        var merged: [Call] = []
        for (key, count) in merging() {
            let values = Set(key.segments.indices.filter { Self.isValue(key.segments[$0]) })
            // A number that no place takes for a version.
            let path =
                "/"
                + key.segments.map { Self.isValue($0) ? "000" + $0.dropFirst(Self.value.count) : $0 }
                .joined(separator: "/")
            merged.append(
                Call(method: key.method, template: PathShape.of(path, values: values).description, count: count))
        }
        merged.sort { left, right in
            left.count == right.count
                ? (left.template, left.method) < (right.template, right.method) : left.count > right.count
        }
        return Array(merged.prefix(Self.mostCalls))
    }

    private static func isValue(_ segment: String) -> Bool { segment.hasPrefix(value) }

    /// Under the name of a collection many different words are the names of its members.
    private func merging() -> [Key: Int] {
        var current = counts
        for index in 1..<Self.mostSegments {
            var words: [[String]: Set<String>] = [:]
            for key in current.keys where key.segments.count > index {
                guard MemberNames.isCollection(key.segments[index - 1]), !Self.isValue(key.segments[index]) else {
                    continue
                }
                words[Array(key.segments[..<index]), default: []].insert(key.segments[index])
            }
            let many = words.mapValues { $0.subtracting(MemberNames.places) }.filter {
                $0.value.count >= MemberNames.many
            }
            guard !many.isEmpty else { continue }
            var next: [Key: Int] = [:]
            for (key, count) in current {
                var key = key
                if key.segments.count > index,
                    many[Array(key.segments[..<index])]?.contains(key.segments[index]) == true
                {
                    key.segments[index] = Self.value
                }
                next[key, default: 0] += count
            }
            current = next
        }
        return current
    }

    /// `[{method, path, calls}]`, templates alone.
    package var json: JSON {
        .array(
            calls.map {
                ["method": .string($0.method), "path": .string($0.template), "calls": .number(JSONNumber($0.count))]
            })
    }

    /// Reads ``json``; what in it is no template is made one.
    package init?(json: JSON) {
        guard let list = json.array else { return nil }
        self.init(origin: nil)
        for call in list.prefix(Self.mostCalls) {
            guard let method = call["method"]?.string, let path = call["path"]?.string else { return nil }
            count(method, path, min(max(call["calls"]?.int ?? 1, 1), 1 << 40))
        }
    }
}

/// Telling the names of a collection's members from places below it.
private enum MemberNames {
    /// So many different words under one collection are its members.
    static let many = 5
    /// Words that are places of their own however many members there are.
    static let places: Set<String> = [
        "", "active", "all", "archive", "batch", "bulk", "count", "current", "export", "health", "import", "latest",
        "list",
        "login", "me", "new", "recent", "search", "self", "stats", "status", "summary",
    ]

    static func isCollection(_ segment: String) -> Bool {
        Noun.singular(segment) != segment && segment.utf8.count > 3
    }
}
