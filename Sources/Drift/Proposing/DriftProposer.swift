import JSONSchema
package import Registry
package import Value

/// Works out how an endpoint's schema would have to change to admit what was answered, in the place where it is written.
package struct DriftProposer {
    private let api: CompiledAPI
    private let endpoint: CompiledEndpoint
    private let stored: StoredAPI

    /// Bytes of a change as it is kept and shown.
    private static let mostBytes = 128 << 10
    /// Times that a changed definition is judged again and changed further.
    private static let mostRounds = 8

    /// - Parameter stored: what `api` was compiled from.
    package init(api: CompiledAPI, endpoint: CompiledEndpoint, stored: StoredAPI) {
        self.api = api
        self.endpoint = endpoint
        self.stored = stored
    }

    /// Whether the answer follows the schema as the change would make it.
    package func admits(_ answer: JSON, with change: SchemaChange) -> Bool {
        guard !change.edits.isEmpty, let response = endpoint.selfContainedResponse,
            let schema = try? Schema(response.applying(change.edits))
        else { return false }
        return schema.isValid(answer, direction: .response)
    }

    /// The change that admits one more answer; the same where none is found. It was proved on the definition as a whole: it
    /// reads, and the answer follows it.
    package func extend(_ change: SchemaChange, for answer: JSON) -> SchemaChange {
        guard let response = endpoint.selfContainedResponse else {
            return SchemaChange(obstacle: "The endpoint has no schema.")
        }
        var changed = stored
        var next: (edits: [SchemaChange.Edit], endpoint: CompiledEndpoint) = (change.edits, endpoint)
        for _ in 0..<Self.mostRounds {
            guard let definition = Self.definition(changed, applying: next.edits, to: next.endpoint) else { break }
            changed.definition = definition
            guard let current = try? CompiledAPI(stored: changed).endpoint(named: endpoint.name),
                let schema = current.selfContainedResponse
            else { break }
            if current.responseSchema?.mismatches(of: answer, limit: 1).isEmpty ?? false {
                return described(SchemaChange.Edit.from(response, to: schema), definition)
            }
            guard let widened = SchemaRepair.widened(schema, admitting: answer) else { break }
            // What stands twice in the self-contained schema is written once: the rest is for the next round.
            next = (SchemaChange.Edit.from(schema, to: widened), current)
        }
        // What was found for other answers is no worse for this one.
        guard change.edits.isEmpty else { return change }
        return SchemaChange(obstacle: "No change was found by which the schema would admit what was answered.")
    }

    /// The stored definition with edits of an endpoint's self-contained response schema made where it is written.
    package static func definition(
        _ stored: StoredAPI, applying edits: [SchemaChange.Edit], to endpoint: CompiledEndpoint
    ) -> JSON? {
        guard let placed = placed(edits, endpoint) else { return nil }
        // Where the short form stands, its long one is changed.
        let written = placed.map { $0.pointer.tokens.prefix(3) }
            .filter { $0.first == "endpoints" && $0.last == "response_schema" }
            .reduce(stored.definition as JSON?) { $0?.changing($1) { $0.map(ShortSchema.expand) } }
        return written?.applying(placed)
    }

    /// The edits where they are written. References that edits bring lead to where that is written that they mean.
    private static func placed(
        _ edits: [SchemaChange.Edit], _ endpoint: CompiledEndpoint
    ) -> [SchemaChange.Edit]? {
        var placed: [SchemaChange.Edit] = []
        for edit in edits {
            guard let place = endpoint.responsePlaces.place(of: edit.pointer) else { return nil }
            // One schema can stand in the self-contained one twice, as itself and as what refers to it.
            guard !placed.contains(where: { $0.pointer == place }) else { continue }
            placed.append(
                SchemaChange.Edit(
                    pointer: place, old: edit.old.map { $0.referring(by: endpoint.responsePlaces) },
                    new: edit.new.map { $0.referring(by: endpoint.responsePlaces) }))
        }
        return placed
    }

    /// The change with what people look at: the schemas that change, and whom they concern.
    private func described(_ edits: [SchemaChange.Edit], _ definition: JSON) -> SchemaChange {
        let places = endpoint.responsePlaces
        var parts: [SchemaChange.Part] = []
        for edit in Self.placed(edits, endpoint) ?? [] {
            let place = Self.schema(around: edit.pointer, places)
            if let index = parts.firstIndex(where: { $0.place == place }) {
                parts[index].difference.append(edit)
            } else {
                parts.append(
                    SchemaChange.Part(
                        place: place, endpoints: users(of: place), schema: definition[place] ?? .null,
                        difference: [edit]))
            }
        }
        let change = SchemaChange(edits: edits, parts: parts, own: places.own)
        guard change.bytes <= Self.mostBytes else {
            return SchemaChange(obstacle: "The change is too large to be shown.")
        }
        return change
    }

    /// The schema of the definition in which a place lies: the endpoint's own, or a shared one.
    private static func schema(around place: JSONPointer, _ places: SchemaPlaces) -> JSONPointer {
        if place.tokens.starts(with: places.own.tokens) { return places.own }
        if place.tokens.first == "$defs" { return JSONPointer(Array(place.tokens.prefix(2))) }
        return places.shared.values.filter { place.tokens.starts(with: $0.tokens) }
            .max { $0.tokens.count < $1.tokens.count } ?? place
    }

    /// The endpoints whose arguments or answers are described by the schema at a place.
    private func users(of place: JSONPointer) -> [String] {
        let targets = endpoint.responsePlaces.shared.filter { $0.value.tokens.starts(with: place.tokens) }.map(\.key)
        let names = endpoint.definitions.names(leadingTo: Set(targets))
        return api.endpoints.filter { other in
            other.responsePlaces.own == place || !names.isDisjoint(with: other.responseUses)
                || !names.isDisjoint(with: other.argumentUses)
        }.map(\.name)
    }
}

extension JSON {
    /// A schema whose references lead into a definition rather than into a self-contained schema.
    fileprivate func referring(by places: SchemaPlaces) -> JSON {
        switch self {
        case .object(let object):
            return .object(
                JSONObject(
                    object.map { key, value in
                        guard key == "$ref", let text = value.string, text.hasPrefix("#/$defs/"),
                            let place = places.shared[String(text.dropFirst("#/$defs/".count))]
                        else { return (key, value.referring(by: places)) }
                        return (key, .string("#" + Self.fragment("\(place)")))
                    }))
        case .array(let elements): return .array(elements.map { $0.referring(by: places) })
        default: return self
        }
    }

    /// RFC 3986, section 3.5: what a fragment cannot hold is percent-encoded.
    private static func fragment(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                bytes.append(byte)
            case _ where "/?:@!$&'()*+,;=-._~".utf8.contains(byte): bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
