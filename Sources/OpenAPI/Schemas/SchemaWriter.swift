import Drafts
import JSONSchema
import Value

/// Writes OpenAPI's schemas, of any version, as JSON Schema 2020-12. What a `$ref` leads to stands once under a name in
/// `$defs` and is never copied, so that recursive schemas end.
final class SchemaWriter {
    /// A schema in the words of 2020-12.
    struct Written {
        var json: JSON
        /// The names in `$defs` that it uses itself.
        var uses: Set<String> = []
        /// Schemas in it, itself included.
        var count = 0
    }

    let references: References
    let log: FindingLog
    let version: SpecVersion
    let mostSchemas: Int
    /// Properties that were copied into merged objects, and pairs of branches that were compared.
    var combined = 0
    var compared = 0
    private(set) var shared: [String: Written] = [:]
    private var names: [Place: String] = [:]
    private var places: [String: Place] = [:]
    private var waiting: [(name: String, node: Node)] = []
    private var inline: [Place: Written] = [:]
    private var patterns: [String: Bool] = [:]
    private var written = 0
    private var wanted: [String: Int] = [:]
    /// Keywords that were told of, being none.
    var keywordsTold: Set<String> = []

    init(_ references: References, _ log: FindingLog, _ version: SpecVersion, mostSchemas: Int) {
        self.references = references
        self.log = log
        self.version = version
        self.mostSchemas = mostSchemas
    }

    /// The schema at a node; its references lead into ``shared``, once ``finish()`` was called.
    func write(_ node: Node) -> Written {
        if let known = inline[node.place] { return known }
        var result = Written(json: true)
        result.json = schema(node, &result)
        finish()
        result = settled(result, at: node.place)
        inline[node.place] = result
        return result
    }

    private func settled(_ schema: Written, at place: Place) -> Written {
        let json = settled(schema.json, at: place)
        guard json != schema.json else { return schema }
        return Written(json: json, uses: SchemaSize.uses(json), count: SchemaSize.count(json))
    }

    /// Writes all that was referred to, one after another, so that no chain of references is deep.
    func finish() {
        var fresh: [(name: String, place: Place)] = []
        while let (name, node) = waiting.popLast() {
            var result = Written(json: true)
            result.json = schema(node, &result)
            shared[name] = result
            fresh.append((name, node.place))
        }
        // Combinations can be judged once all that they refer to is there.
        for (name, place) in fresh { shared[name] = shared[name].map { settled($0, at: place) } }
    }

    /// Takes a schema of the importer's own making into `$defs`.
    func share(_ schema: Written, as wish: String) -> String {
        let name = freeName(wish)
        shared[name] = schema
        return name
    }

    /// Puts another schema in the place of a shared one.
    func replace(_ name: String, with json: JSON) {
        shared[name]?.json = json
    }

    /// Where a shared schema stands in the source; nil for the importer's own.
    func place(of name: String) -> Place? { places[name] }

    /// What a written schema is, with references followed.
    func target(_ json: JSON) -> JSON {
        var json = json
        for _ in 0..<32 {
            guard json["$ref"] != nil, let name = Self.name(in: json), let next = shared[name]?.json else {
                return json
            }
            json = next
        }
        return json
    }

    /// Whether a property, or what it refers to, is for the API alone to set.
    func isReadOnly(_ property: JSON) -> Bool {
        property["readOnly"] == true || target(property)["readOnly"] == true
    }

    /// The names that a body's schema requires of callers, of itself or by what it combines.
    func requiredNames(_ schema: JSON, depth: Int = 0) -> [String] {
        let object = target(schema)
        let properties = object["properties"]?.object ?? [:]
        let own = (object["required"]?.array ?? []).compactMap(\.string).filter { name in
            properties[name].map { !isReadOnly($0) } ?? true
        }
        guard depth < 8 else { return own }
        return own + (object["allOf"]?.array ?? []).flatMap { requiredNames($0, depth: depth + 1) }
    }

    /// The name in `$defs` that a schema refers to.
    static func name(in json: JSON) -> String? {
        guard let text = json["$ref"]?.string, text.hasPrefix(prefix) else { return nil }
        return String(text.dropFirst(prefix.count))
    }

    static let prefix = "#/$defs/"

    // MARK: References

    /// The reference into `$defs` for what stands elsewhere; nil, with the finding made, where nothing does.
    func reference(_ text: String, from place: Place, _ result: inout Written) -> JSON? {
        switch references.resolve(text, from: place) {
        case .success(let node):
            let name = name(of: node)
            result.uses.insert(name)
            return .string(Self.prefix + name)
        case .failure(let reason):
            log.addThere(
                .change, reason.code,
                "The reference \(quoted(text)) \(reason.message); any value is taken in its place.", at: place)
            return Optional<JSON>.none
        }
    }

    /// The name in `$defs` of what stands at a node, as something that a schema uses.
    func name(of node: Node, _ result: inout Written) -> String {
        let name = name(of: node)
        result.uses.insert(name)
        return name
    }

    private func name(of node: Node) -> String {
        if let name = names[node.place] { return name }
        let name = freeName(Self.wish(node.place, references.files))
        names[node.place] = name
        places[name] = node.place
        shared[name] = Written(json: true, count: 1)
        waiting.append((name, node))
        return name
    }

    private static func wish(_ place: Place, _ files: SourceFiles) -> String {
        let tokens = place.pointer.tokens
        guard let last = tokens.last else {
            let file = files.name(place.file).split(separator: "/").last ?? ""
            return String(file.split(separator: ".").first ?? "")
        }
        let isNamed = tokens.count >= 2 && ["schemas", "definitions", "$defs"].contains(tokens[tokens.count - 2])
        return isNamed ? last : tokens.suffix(3).joined(separator: "_")
    }

    private func freeName(_ wish: String) -> String {
        var bytes: [UInt8] = []
        for byte in wish.utf8.prefix(80) {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                bytes.append(byte)
            default: if bytes.last != UInt8(ascii: "_") { bytes.append(UInt8(ascii: "_")) }
            }
        }
        let readable = bytes.isEmpty ? "schema" : String(decoding: bytes, as: UTF8.self)
        var name = readable
        while shared[name] != nil {
            wanted[readable, default: 1] += 1
            name = "\(readable)_\(wanted[readable] ?? 0)"
        }
        return name
    }

    // MARK: Schemas

    /// One schema and all within it.
    func schema(_ node: Node, _ result: inout Written) -> JSON {
        result.count += 1
        written += 1
        guard written <= 2 * mostSchemas else {
            log.addShared(
                .change, "too_large",
                "There are more than \(2 * mostSchemas) schemas; any value is taken for the rest.",
                at: Place(file: node.place.file, pointer: .root))
            return true
        }
        switch node.value {
        case .bool: return node.value
        case .object(let object): return write(object, node, &result)
        case .string(let text) where SchemaTypes.known(text) != nil:
            change("schema_repaired", "A schema is an object: \(quoted(text)) is taken for its type.", node.place)
            return .object(SchemaTypes.known(text) ?? [:])
        default:
            change(
                "schema_repaired",
                "A schema is an object, not \(node.value.typeName); any value is taken in its place.", node.place)
            return true
        }
    }

    /// Whether a text is a regular expression that the relay can run.
    func isPattern(_ text: String) -> Bool {
        if let known = patterns[text] { return known }
        let isSound = (try? Schema(["pattern": .string(text)])) != nil
        patterns[text] = isSound
        return isSound
    }

    func change(_ code: String, _ message: String, _ place: Place) {
        log.addThere(.change, code, message, at: place)
    }
}

/// A text of the source as messages show it.
func quoted(_ text: some StringProtocol) -> String {
    let isLong = text.utf8.count > 80
    let short = isLong ? String(text.prefix(77)) + "..." : String(text)
    let shown = String(short.map { $0.isNewline || $0 == "\t" ? " " : $0 })
    return "\"\(shown)\""
}
