import Value

extension SchemaWriter {
    /// The largest example that is kept, in bytes.
    private static let largestExample = 4096

    /// `enum`, `const`, `default` and examples, where they agree with the type.
    func addValues(_ source: JSONObject, _ node: Node, _ out: inout JSONObject, _ result: inout Written) {
        var types: [String] = []
        switch out["type"] {
        case .string(let type)?: types = [type]
        case .array(let list)?: types = list.compactMap(\.string)
        default: break
        }
        if isNullable(source), !types.isEmpty { types.append("null") }
        if let value = source["enum"], !value.isNull {
            let node = Node(place: node.place.appending("enum"), value: value)
            if !moveToItems(node, types, &out) { out["enum"] = allowed(Self.flattened(node, types), types) }
        }
        if let value = source["const"] { out["const"] = value }
        if let value = source["default"], !value.isNull || types.contains("null") {
            out["default"] = preset(
                Node(place: node.place.appending("default"), value: value), types, out["enum"]?.array)
        }
        addExamples(source, types, &out)
        // Long lists of values take as much room as schemas do.
        for key in ["enum", "const", "default"] {
            guard let value = out[key] else { continue }
            result.count += SchemaSize.bytes(value, atMost: 64 << 20) / Self.bytesOfSchema
        }
    }

    /// Values of so many bytes count as one schema.
    private static let bytesOfSchema = 200

    /// A list of values in a list, as generators write it.
    private static func flattened(_ node: Node, _ types: [String]) -> Node {
        guard !types.contains("array"), let list = node.value.array, list.count == 1, list[0].array != nil else {
            return node
        }
        return Node(place: node.place, value: list[0])
    }

    /// Values beside `type: array` that are meant for its elements; false for those that are lists themselves.
    private func moveToItems(_ node: Node, _ types: [String], _ out: inout JSONObject) -> Bool {
        guard types.contains("array"), types.allSatisfy({ $0 == "array" || $0 == "null" }),
            let list = node.value.array?.filter({ !$0.isNull }), !list.isEmpty
        else { return false }
        var values = list
        if list.count == 1, let inner = list[0].array {
            values = inner
        } else if list.contains(where: { $0.array != nil }) {
            return false
        }
        guard var items = out["items"].map({ $0.object }) ?? [:], !values.isEmpty else { return false }
        if items["enum"] == nil {
            let types = target(.object(items))["type"]
            let names = types?.string.map { [$0] } ?? types?.array?.compactMap(\.string) ?? []
            items["enum"] = allowed(Node(place: node.place, value: .array(values)), names)
            out["items"] = .object(items)
        }
        change("enum_repaired", "\"enum\" names values of the list's elements; it was moved to \"items\".", node.place)
        return true
    }

    private func allowed(_ node: Node, _ types: [String]) -> JSON? {
        guard let values = node.value.array, !values.isEmpty else {
            dropped("enum", node)
            return Optional<JSON>.none
        }
        guard !types.isEmpty, !values.allSatisfy({ SchemaTypes.admits(types, $0) || $0.isNull }) else {
            return node.value
        }
        // A list's values are sometimes given where those of its elements belong.
        let repaired = values.compactMap { value in
            SchemaTypes.admits(types, value) || value.isNull
                ? value : types.contains("array") ? nil : SchemaTypes.coerce(value, to: types)
        }
        guard !repaired.isEmpty, !repaired.allSatisfy(\.isNull) else {
            change("enum_repaired", "None of these values is of the schema's type; \"enum\" was left out.", node.place)
            return Optional<JSON>.none
        }
        change(
            "enum_repaired",
            "Some of these values are not of the schema's type; they were written as such or left out.",
            node.place)
        return .array(repaired)
    }

    private func preset(_ node: Node, _ types: [String], _ allowed: [JSON]?) -> JSON? {
        var value = node.value
        if !types.isEmpty, !SchemaTypes.admits(types, value) {
            guard let repaired = SchemaTypes.coerce(value, to: types) else {
                change(
                    "default_repaired", "The default is not of the schema's type; it was left out.", node.place)
                return Optional<JSON>.none
            }
            value = repaired
            change("default_repaired", "The default is not of the schema's type; it was written as such.", node.place)
        }
        if let allowed, !allowed.contains(value) {
            let same = value.string.flatMap { text in
                allowed.first { $0.string?.lowercased() == text.lowercased() }
            }
            change(
                "default_repaired",
                same == nil
                    ? "The default is none of the values allowed; it was left out."
                    : "The default is none of the values allowed but for its case; that was repaired.", node.place)
            return same
        }
        return value
    }

    /// Those that agree with the type and the values that the schema allows.
    private func addExamples(_ source: JSONObject, _ types: [String], _ out: inout JSONObject) {
        var examples: [JSON] = []
        if let example = source["example"] { examples.append(example) }
        switch source["examples"] {
        case .array(let list)?: examples += list.prefix(5)
        case .object(let map)?: examples += map.prefix(5).map { $0.value["value"] ?? $0.value }
        default: break
        }
        if !types.isEmpty {
            examples = examples.compactMap { SchemaTypes.admits(types, $0) ? $0 : SchemaTypes.coerce($0, to: types) }
        }
        if let allowed = out["enum"]?.array { examples.removeAll { !allowed.contains($0) } }
        examples.removeAll { $0.isNull || SchemaSize.bytes($0, atMost: Self.largestExample) > Self.largestExample }
        if !examples.isEmpty { out["examples"] = .array(examples) }
    }
}
