import EgressPolicy
import Value

/// Reads an endpoint's `parameters`.
struct ParameterList {
    let validation: CompiledAPI.Validation
    private(set) var parameters: [Parameter] = []
    private var names: Set<String> = []

    init(validation: CompiledAPI.Validation) {
        self.validation = validation
    }

    /// What describes a value without narrowing it.
    private static let annotations: Set<String> = [
        "type", "title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly",
        "$comment",
    ]

    mutating func read(_ value: JSON, at pointer: JSONPointer, _ faults: FaultList) {
        guard let object = value.object else {
            return faults.invalid(pointer, "A parameter is an object, not \(value.typeName).")
        }
        let reader = ObjectReader(object, at: pointer, faults)
        let name = reader.required("name")
        let location = Self.location(reader)
        let (kind, schema) = readType(reader)
        let required = reader.bool("required")
        let summary = reader.string("description")
        let allowsSlash = reader.bool("allow_slash") ?? false
        Self.checkStyle(location, reader)
        let passedOn = ["default", "example", "examples", "deprecated"].compactMap { key in
            reader.value(key).map { (key, $0) }
        }
        reader.finish()
        guard let name, let location else { return }
        guard names.insert(name).inserted else {
            return faults.invalid(reader.place("name"), "Another parameter of this endpoint is named \"\(name)\" too.")
        }
        if location == .path, required == false {
            faults.invalid(reader.place("required"), "A path parameter is always required.")
        }
        if location == .query, allowsSlash {
            faults.invalid(reader.place("allow_slash"), "Only a path parameter can have \"allow_slash\".")
        }
        var shown = schema
        if let summary { shown["description"] = .string(summary) }
        for (key, value) in passedOn where shown[key] == nil { shown[key] = value }
        parameters.append(
            Parameter(
                name: name, location: location, kind: kind, isRequired: location == .path || required == true,
                allowsSlash: allowsSlash, schema: .object(shown)))
    }

    /// Each name in the path has its parameter, and each path parameter its place.
    func match(_ template: PathTemplate, _ reader: ObjectReader) {
        let declared = parameters.filter { $0.location == .path }.map(\.name)
        for name in template.names where !declared.contains(name) {
            reader.faults.invalid(
                reader.place("path"), "{\(name)} has no parameter with \"in\": \"path\" and \"name\": \"\(name)\".")
        }
        for name in declared where !template.names.contains(name) {
            reader.faults.invalid(
                reader.place("parameters"),
                "The path parameter \"\(name)\" does not occur in the path; write {\(name)}.")
        }
    }

    private static func location(_ reader: ObjectReader) -> Parameter.Location? {
        guard reader.required("in") != nil,
            let word = reader.word("in", among: ["path", "query", "header", "cookie"])
        else { return nil }
        guard let location = Parameter.Location(rawValue: word) else {
            reader.faults.notImplemented(reader.place("in"), "Parameters in \(word)s are")
            return nil
        }
        return location
    }

    private func readType(_ reader: ObjectReader) -> (Parameter.Kind, JSONObject) {
        let short = reader.string("type")
        guard let nested = reader.nested("schema") else {
            guard let short else { return (.string, ["type": "string"]) }
            return (Self.kind(short, reader.place("type"), reader.faults), ["type": .string(short)])
        }
        if short != nil {
            reader.faults.invalid(reader.place("type"), "Give \"type\" or \"schema\", not both.")
        }
        if validation != .off {
            for key in nested.object.keys where !Self.annotations.contains(key) {
                nested.faults.notImplemented(
                    nested.place(key),
                    "Validation of \"\(key)\" (without \"validation\": \"off\" under \"security\") is")
            }
        }
        let type = nested.string("type") ?? "string"
        return (Self.kind(type, nested.place("type"), nested.faults), nested.object)
    }

    private static func kind(_ type: String, _ pointer: JSONPointer, _ faults: FaultList) -> Parameter.Kind {
        if let kind = Parameter.Kind(rawValue: type) { return kind }
        if type == "array" || type == "object" {
            faults.notImplemented(pointer, "Lists and objects in parameters are")
        } else {
            let known = Parameter.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            faults.invalid(pointer, "\"type\" must be one of \(known).")
        }
        return .string
    }

    private static func checkStyle(_ location: Parameter.Location?, _ reader: ObjectReader) {
        let style = reader.string("style")
        // For single values explode changes nothing.
        _ = reader.bool("explode")
        let usual = location == .path ? "simple" : "form"
        if let style, location != nil, style != usual {
            reader.faults.notImplemented(reader.place("style"), "Parameter style \"\(style)\" is")
        }
        if reader.bool("allowReserved") == true {
            reader.faults.notImplemented(reader.place("allowReserved"), "\"allowReserved\" is")
        }
    }
}
