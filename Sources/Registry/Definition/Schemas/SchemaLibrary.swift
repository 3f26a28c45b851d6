import JSONSchema
import Value

/// All schemas of one definition. What they refer to stands once, under one name each, and all are compiled together.
final class SchemaLibrary {
    /// A schema whose references lead into `$defs`.
    struct Rewritten {
        var json: JSON
        /// The names under `$defs` that it uses itself.
        var uses: Set<String> = []
    }

    private struct Shared {
        let origin: JSONPointer
        var schema = Rewritten(json: true)
    }

    /// Schemas within all schemas together, each that is referred to counted once more: a bound for memory and time, with
    /// room for the largest published descriptions of APIs.
    private static let mostNodes = 300_000
    /// Bytes of all schemas together as they are written out, what is referred to counted once under its name: a bound for
    /// what a listing of tools can come to. Room for the largest document that is accepted by default.
    private static let mostBytes = 16 << 20

    let document: SchemaDocument
    private let faults: FaultList
    private var shared: [String: Shared] = [:]
    private var names: [JSONPointer: String] = [:]
    /// How often a name was wanted.
    private var wanted: [String: Int] = [:]
    private var waiting: [String] = []
    private var subjects = JSONObject()
    /// Where the schemas stand in the document as it was sent: by subject, and for arguments by argument.
    private var places: [String: JSONPointer] = [:]
    private var argumentPlaces: [String: [String: JSONPointer]] = [:]
    private var nodes = 0
    private var bytes = 0

    private var isTooLarge: Bool { nodes > Self.mostNodes || bytes > Self.mostBytes }

    init(_ document: SchemaDocument, _ faults: FaultList) {
        self.document = document
        self.faults = faults
    }

    /// Reads `$defs` of the definition, so that each is checked, used or not.
    func addShared(_ definition: ObjectReader) {
        guard let reader = definition.nested("$defs") else { return }
        for (name, value) in reader.object {
            guard value.object != nil || value.bool != nil else {
                faults.invalid(reader.place(name), "A schema is an object or a boolean, not \(value.typeName).")
                continue
            }
            let known = self.name(of: JSONPointer(["$defs", name]))
            // Only what something refers to is compiled.
            add(
                Rewritten(json: ["$ref": "#/$defs/\(known)"], uses: [known]), key: "shared_\(known)",
                at: reader.place(name))
        }
        writeWaiting()
    }

    /// The schema with its references led into `$defs`.
    ///
    /// - Parameters:
    ///   - place: where it stands in the document as it was sent.
    ///   - enclosing: the schema that `#` means, in the definition.
    func rewrite(_ schema: JSON, at place: JSONPointer, within enclosing: JSONPointer) -> Rewritten {
        var uses: Set<String> = []
        let json = rewriting(OlderDraft.upgraded(schema), document.pointer(place), enclosing, &uses)
        writeWaiting()
        return Rewritten(json: json, uses: uses)
    }

    /// What the references of all rewritten schemas lead to.
    func definitions() -> SchemaDefinitions {
        SchemaDefinitions(schemas: shared.mapValues(\.schema.json), uses: shared.mapValues(\.schema.uses))
    }

    /// Where in the definition what the names under `$defs` stand for is written.
    var sharedPlaces: [String: JSONPointer] { shared.mapValues(\.origin) }

    /// Adds what is to be validated under a key.
    func add(
        _ schema: Rewritten, key: String, at place: JSONPointer, arguments: [String: JSONPointer] = [:]
    ) {
        subjects[key] = schema.json
        places[key] = place
        argumentPlaces[key] = arguments
    }

    /// Compiles all schemas as one, of an object that holds the subjects under their keys; nil after faults.
    func compile() -> Schema? {
        guard !isTooLarge else {
            faults.invalid(
                document.base,
                """
                The definition's schemas are too large: more than \(Self.mostNodes) of them, or \(Self.mostBytes >> 20) MiB \
                together. Schemas that several endpoints need are written once under "$defs" and referred to with "$ref".
                """)
            return nil
        }
        let defs = JSONObject(shared.sorted { $0.key < $1.key }.map { ($0.key, $0.value.schema.json) })
        do throws(SchemaError) {
            let limits = Schema.Limits(schemas: 2 * Self.mostNodes)
            return try Schema(
                ["properties": .object(subjects), "$defs": .object(defs)], options: Schema.Options(limits: limits))
        } catch {
            for fault in error.faults { faults.invalid(place(of: fault.pointer), fault.message) }
            return nil
        }
    }

    /// Where a place in the schema of everything stands in the document as it was sent.
    private func place(of pointer: JSONPointer) -> JSONPointer {
        let tokens = pointer.tokens
        guard tokens.count > 1 else { return document.base }
        if tokens[0] == "$defs", let origin = shared[tokens[1]]?.origin {
            return document.place(JSONPointer(origin.tokens + tokens.dropFirst(2)))
        }
        let key = tokens[1]
        if tokens.count > 3, tokens[2] == "properties", let place = argumentPlaces[key]?[tokens[3]] {
            return JSONPointer(place.tokens + tokens.dropFirst(4))
        }
        guard let place = places[key] else { return document.base }
        return argumentPlaces[key]?.isEmpty ?? true ? JSONPointer(place.tokens + tokens.dropFirst(2)) : place
    }

    /// The name under `$defs` of what stands at a place of the definition.
    private func name(of target: JSONPointer) -> String {
        if let name = names[target] { return name }
        let tokens =
            target.tokens.first == "$defs" && target.tokens.count == 2 ? target.tokens[1...] : target.tokens[...]
        let readable = String(
            decoding: tokens.joined(separator: "_").utf8.prefix(100).map { Self.isPlain($0) ? $0 : UInt8(ascii: "_") },
            as: UTF8.self)
        var name = readable.isEmpty ? "schema" : readable
        while shared[name] != nil {
            wanted[readable, default: 1] += 1
            name = "\(readable)_\(wanted[readable] ?? 0)"
        }
        names[target] = name
        shared[name] = Shared(origin: target)
        waiting.append(name)
        return name
    }

    /// Counts what a schema will be written with beside what ``rewrite(_:at:within:)`` sees.
    func count(_ value: JSON, times: Int = 1) {
        guard !isTooLarge else { return }
        let (product, overflows) = value.size(limit: Self.mostBytes).multipliedReportingOverflow(by: times)
        count(overflows ? Self.mostBytes : product)
    }

    private func count(_ more: Int) {
        bytes = min(bytes, Self.mostBytes) + min(more, Self.mostBytes) + 1
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// Writes out what was referred to and is not yet: one after another, so that no chain of references is deep.
    private func writeWaiting() {
        while let name = waiting.popLast() {
            guard let origin = shared[name]?.origin, let schema = document.root[origin] else { continue }
            var uses: Set<String> = []
            let enclosing = SchemaDocument.enclosingSchema(of: origin)
            let json = rewriting(schema, origin, enclosing, &uses)
            shared[name]?.schema = Rewritten(json: json, uses: uses)
        }
    }

    /// What a mapping refers to is a schema like others; names, and what leads nowhere, say nothing and stay.
    private func discriminator(_ value: JSON, _ enclosing: JSONPointer, _ uses: inout Set<String>) -> JSON {
        var mapping = value["mapping"]?.object ?? [:]
        for (key, target) in mapping {
            guard let text = target.string, text.hasPrefix("#/"),
                case .success(let place) = document.resolve(text, within: enclosing)
            else { continue }
            let name = name(of: place)
            uses.insert(name)
            mapping[key] = .string("#/$defs/\(name)")
        }
        var object = value.object ?? [:]
        object["mapping"] = .object(mapping)
        return .object(object)
    }

    private func rewriting(
        _ schema: JSON, _ place: JSONPointer, _ enclosing: JSONPointer, _ uses: inout Set<String>
    ) -> JSON {
        nodes += 1
        // Too many are a fault of the whole; until that is told, the rest need not be looked at.
        guard !isTooLarge else { return true }
        guard let object = schema.object else { return schema }
        var result = JSONObject()
        for (key, value) in object {
            let inner = place.appending(key)
            count(key.utf8.count + 4)
            switch SchemaKeyword.kind(of: key, value) {
            case .reference:
                guard let text = value.string else {
                    result[key] = value
                    continue
                }
                switch document.resolve(text, within: enclosing) {
                case .success(let target):
                    let name = name(of: target)
                    uses.insert(name)
                    result["$ref"] = .string("#/$defs/\(name)")
                case .failure(let reason): faults.invalid(document.place(inner), reason.message)
                }
            case .dropped: continue
            case .discriminator: result[key] = discriminator(value, enclosing, &uses)
            case .data:
                count(value)
                result[key] = value
            case .schema: result[key] = rewriting(value, inner, enclosing, &uses)
            case .list:
                var list: [JSON] = []
                for (index, element) in (value.array ?? []).enumerated() {
                    list.append(rewriting(element, inner.appending(index), enclosing, &uses))
                }
                result[key] = .array(list)
            case .map:
                var map = JSONObject()
                for (name, element) in value.object ?? [:] {
                    count(name.utf8.count + 4)
                    map[name] = rewriting(element, inner.appending(name), enclosing, &uses)
                }
                result[key] = .object(map)
            }
        }
        return .object(result)
    }
}
