package import Value

// The parts of a proposal that have no column of their own, as the store keeps them and as they are shown.

extension Deviation {
    package var json: JSON {
        [
            "schema": .string(kind.schema), "keyword": .string(kind.keyword), "path": .string(kind.path),
            "found": .string(kind.found), "count": .number(JSONNumber(count)),
        ]
    }

    /// Nil for what ``json`` never wrote.
    package init?(_ json: JSON) {
        guard let schema = json["schema"]?.string, let keyword = json["keyword"]?.string,
            let path = json["path"]?.string, let found = json["found"]?.string, let count = json["count"]?.int
        else { return nil }
        self.init(kind: Kind(schema: schema, keyword: keyword, path: path, found: found), count: count)
    }
}

extension SchemaChange {
    /// How long the change is as text.
    package var bytes: Int {
        (edits.map(\.json) + parts.map(\.json)).reduce(0) { $0 + $1.bytes().count }
    }
}

extension SchemaChange.Edit {
    package var json: JSON {
        var object = JSONObject([("pointer", .string("\(pointer)"))])
        if let old { object["old"] = old }
        if let new { object["new"] = new }
        return .object(object)
    }

    package init?(_ json: JSON) {
        guard let pointer = json["pointer"]?.string.flatMap({ JSONPointer(text: $0) }) else { return nil }
        self.init(pointer: pointer, old: json["old"], new: json["new"])
    }
}

extension SchemaChange.Part {
    package var json: JSON {
        [
            "pointer": .string("\(place)"), "endpoints": .array(endpoints.map { .string($0) }),
            "proposed_schema": schema, "difference": .array(difference.map(\.json)),
        ]
    }

    package init?(_ json: JSON) {
        guard let place = json["pointer"]?.string.flatMap({ JSONPointer(text: $0) }),
            let endpoints = json["endpoints"]?.array, let schema = json["proposed_schema"],
            let difference = json["difference"]?.array
        else { return nil }
        self.init(
            place: place, endpoints: endpoints.compactMap(\.string), schema: schema,
            difference: difference.compactMap { SchemaChange.Edit($0) })
    }
}

extension DriftProposal {
    /// What the store keeps as text.
    package var details: JSON {
        [
            "deviations": .array(deviations.map(\.json)), "edits": .array(change.edits.map(\.json)),
            "parts": .array(change.parts.map(\.json)), "own": change.own.map { .string("\($0)") } ?? .null,
            "obstacle": change.obstacle.map { .string($0) } ?? .null,
        ]
    }

    /// Takes deviations and change from ``details``.
    package mutating func read(details: JSON) {
        deviations = details["deviations"]?.array?.compactMap { Deviation($0) } ?? []
        change = SchemaChange(
            edits: details["edits"]?.array?.compactMap { SchemaChange.Edit($0) } ?? [],
            parts: details["parts"]?.array?.compactMap { SchemaChange.Part($0) } ?? [],
            own: details["own"]?.string.flatMap { JSONPointer(text: $0) }, obstacle: details["obstacle"]?.string)
    }
}
