import Value

/// Follows `$ref`s, within the files of the import only (S13).
final class References {
    /// Why a reference leads nowhere.
    enum Unresolved: Error {
        /// To what was not uploaded.
        case elsewhere
        /// To a file that cannot be read.
        case unreadable(String)
        case missing
        case circular
        case malformed

        var code: String {
            switch self {
            case .elsewhere: "reference_elsewhere"
            case .unreadable: "reference_unreadable"
            case .missing: "reference_not_found"
            case .circular: "reference_circular"
            case .malformed: "reference_malformed"
            }
        }

        var message: String {
            switch self {
            case .elsewhere:
                "leads to a file that was not uploaded; nothing outside is opened. Upload it together with this one"
            case .unreadable(let reason): "leads to a file that cannot be read: \(reason)"
            case .missing: "leads to nothing"
            case .circular: "leads back to itself"
            case .malformed: "is no reference that can be read"
            }
        }
    }

    private struct Anchor: Hashable {
        let file: Int
        let name: String
    }

    let files: SourceFiles
    private let sourceURL: String?
    private let root: Int
    /// By file: the names of `$anchor` and `$dynamicAnchor`, and the places of each `$id`.
    private var anchors: [Int: [String: JSONPointer]] = [:]
    private var identifiers: [Int: [String: JSONPointer]] = [:]
    /// By file: the places of all `$id`s.
    private var identified: [Int: Set<JSONPointer>] = [:]
    /// Of all files that were looked at: for each `$id` the first that has it.
    private var firstIdentified: [String: Place] = [:]

    /// By file: the named schemas that extend another by `allOf`, by the place of that.
    private var extensions: [Int: [Place: [(name: String, node: Node)]]] = [:]

    private static let mostHops = 64

    /// - Parameter root: the file that `sourceURL` is the URL of.
    init(_ files: SourceFiles, root: Int, sourceURL: String?) {
        self.files = files
        self.root = root
        self.sourceURL = sourceURL
    }

    /// What stands behind a node: itself, unless it is a reference.
    func follow(_ node: Node) -> Result<Node, Unresolved> {
        var node = node
        for _ in 0..<Self.mostHops {
            guard let text = node.value["$ref"]?.string else { return .success(node) }
            switch resolve(text, from: node.place) {
            case .success(let next): node = next
            case .failure(let reason): return .failure(reason)
            }
        }
        return .failure(.circular)
    }

    /// What a reference that stands at a place leads to: one hop.
    func resolve(_ text: String, from place: Place) -> Result<Node, Unresolved> {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let resource = String(parts.first ?? "")
        let fragment = parts.count > 1 ? String(parts[1]) : ""
        var start = Place(file: place.file, pointer: .root)
        if !resource.isEmpty {
            if let inner = identified(resource, place.file) {
                start = inner
            } else if let file = file(resource, place.file) {
                start = Place(file: file, pointer: .root)
            } else if parts.count == 1, let named = named(resource, place.file) {
                return .success(named)
            } else {
                return .failure(.elsewhere)
            }
        }
        do throws(ImportError) {
            _ = try files.document(start.file)
        } catch {
            return .failure(.unreadable(error.description))
        }
        guard let decoded = PercentText.decode(fragment) else { return .failure(.malformed) }
        if decoded.isEmpty { return files.node(start).map { .success($0) } ?? .failure(.missing) }
        let found = [decoded, fragment].lazy.compactMap { self.find($0, start, around: place) }.first
        return found.map { .success($0) } ?? .failure(.missing)
    }

    private func find(_ fragment: String, _ start: Place, around place: Place) -> Node? {
        let isPointer = fragment.utf8.first == UInt8(ascii: "/")
        if !isPointer, let anchor = anchor(fragment, start.file) { return files.node(anchor) }
        // A pointer that lacks its first slash is meant well.
        guard let pointer = JSONPointer(text: isPointer ? fragment : "/" + fragment) else { return nil }
        if let node = walk(pointer, from: start) { return node }
        // Within a schema that has an `$id`, a pointer counts from that schema.
        guard start.file == place.file, start.pointer == .root else { return nil }
        for inner in enclosing(place) {
            if let node = walk(pointer, from: inner) { return node }
        }
        return nil
    }

    /// Goes down a pointer, through references on the way.
    private func walk(_ pointer: JSONPointer, from start: Place) -> Node? {
        if let node = files.node(Place(file: start.file, pointer: JSONPointer(start.pointer.tokens + pointer.tokens))) {
            return node
        }
        guard var node = files.node(start) else { return nil }
        var hops = 0
        for token in pointer.tokens {
            while node.value[token] == nil, let text = node.value["$ref"]?.string {
                hops += 1
                guard hops < 16, let next = directly(text, from: node.place) else { return nil }
                node = next
            }
            let place = Place(file: node.place.file, pointer: node.place.pointer.appending(token))
            guard let next = files.node(place) else { return nil }
            node = next
        }
        return node
    }

    /// One hop along a plain pointer.
    private func directly(_ text: String, from place: Place) -> Node? {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let resource = String(parts.first ?? "")
        guard let target = resource.isEmpty ? place.file : file(resource, place.file),
            let fragment = PercentText.decode(parts.count > 1 ? String(parts[1]) : ""),
            let pointer = JSONPointer(text: fragment)
        else { return nil }
        return files.node(Place(file: target, pointer: pointer))
    }

    /// The file that a reference's part before `#` means.
    private func file(_ resource: String, _ from: Int) -> Int? {
        let base = files.name(from)
        let texts = [resource, PercentText.decode(resource) ?? resource]
        for text in texts {
            if let file = files.file(named: FilePath.resolved(text, from: base)) { return file }
            if let file = files.file(named: text) { return file }
        }
        if let sourceURL {
            let url = FilePath.resolved(resource, from: from == root ? sourceURL : base)
            if url == FilePath.normalized(sourceURL) { return root }
            if let file = files.file(named: url) { return file }
        }
        // Files that were uploaded without their folders; a URL names exactly one.
        return resource.contains("://") ? nil : files.file(endingIn: texts[1])
    }

    /// `Pet` for `#/definitions/Pet`, as old documents have it.
    private func named(_ name: String, _ file: Int) -> Node? {
        for path in [["definitions", name], ["components", "schemas", name]] {
            if let node = files.node(Place(file: file, pointer: JSONPointer(path))) { return node }
        }
        return nil
    }

    /// The named schemas that extend the one at a place: its subtypes, where a discriminator tells them apart.
    func subtypes(of place: Place) -> [(name: String, node: Node)] {
        if extensions[place.file] == nil {
            var found: [Place: [(name: String, node: Node)]] = [:]
            for path in [["components", "schemas"], ["definitions"]] {
                guard let all = files.node(Place(file: place.file, pointer: JSONPointer(path))) else { continue }
                for (name, schema) in all.members() {
                    for base in schema.child("allOf")?.elements(atMost: 100) ?? [] {
                        guard let text = base.text("$ref"), case .success(let target) = resolve(text, from: base.place)
                        else { continue }
                        found[target.place, default: []].append((name, schema))
                    }
                }
            }
            extensions[place.file] = found
        }
        return extensions[place.file]?[place] ?? []
    }

    /// What a name of JSON Schema stands for in a file.
    func anchor(_ name: String, _ file: Int) -> Place? {
        scan(file)
        return anchors[file]?[name].map { Place(file: file, pointer: $0) }
    }

    private func identified(_ id: String, _ file: Int) -> Place? {
        scan(file)
        if let pointer = identifiers[file]?[id] { return Place(file: file, pointer: pointer) }
        return firstIdentified[id]
    }

    /// The schemas around a place that have an `$id`, the nearest first.
    private func enclosing(_ place: Place) -> [Place] {
        scan(place.file)
        guard let known = identified[place.file], !known.isEmpty else { return [] }
        let around = (0...place.pointer.tokens.count).reversed().map {
            JSONPointer(Array(place.pointer.tokens.prefix($0)))
        }
        return around.filter(known.contains).map { Place(file: place.file, pointer: $0) }
    }

    private func scan(_ file: Int) {
        guard anchors[file] == nil, let root = (try? files.document(file))?.root else { return }
        var names: [String: JSONPointer] = [:]
        var ids: [String: JSONPointer] = [:]
        var rest: [(JSONPointer, JSON)] = [(.root, root)]
        while let (pointer, value) = rest.popLast() {
            if let object = value.object {
                for key in ["$anchor", "$dynamicAnchor"] { object[key]?.string.map { names[$0] = pointer } }
                if let id = object["$id"]?.string { ids[id.hasSuffix("#") ? String(id.dropLast()) : id] = pointer }
                for (key, member) in object where member.object != nil || member.array != nil {
                    rest.append((pointer.appending(key), member))
                }
            } else if let elements = value.array {
                for (index, element) in elements.enumerated() where element.object != nil || element.array != nil {
                    rest.append((pointer.appending(index), element))
                }
            }
        }
        anchors[file] = names
        identifiers[file] = ids
        identified[file] = Set(ids.values)
        for (id, pointer) in ids where firstIdentified[id].map({ $0.file > file }) ?? true {
            firstIdentified[id] = Place(file: file, pointer: pointer)
        }
    }
}
