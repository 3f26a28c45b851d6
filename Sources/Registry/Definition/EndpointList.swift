import EgressPolicy
import Value

/// Reads `endpoints`, one after another.
struct EndpointList {
    let validation: CompiledAPI.Validation
    private(set) var endpoints: [CompiledEndpoint] = []
    private var names: Set<String> = []
    /// Whether nothing was given, sound or not.
    private(set) var isEmpty = true

    init(validation: CompiledAPI.Validation) {
        self.validation = validation
    }

    private static let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    mutating func read(_ value: JSON, at pointer: JSONPointer, _ faults: FaultList) {
        isEmpty = false
        guard let object = value.object else {
            return faults.invalid(pointer, "An endpoint is an object, not \(value.typeName).")
        }
        let reader = ObjectReader(object, at: pointer, faults)
        let name = readName(reader)
        let summary = reader.string("description")
        let method = Self.method(reader)
        let template = Self.template(reader)
        var parameters = ParameterList(validation: validation)
        for element in reader.elements("parameters") { parameters.read(element.value, at: element.pointer, faults) }
        if let template { parameters.match(template, reader) }
        let bodySchema = schema("request_body", reader)
        let response = schema("response_schema", reader)
        let body = Self.body(method, bodySchema, parameters.parameters, reader)
        if reader.word("approval", among: ["none", "required"]) == "required" {
            faults.notImplemented(reader.place("approval"), "Approval of single calls is")
        }
        let examples = reader.value("examples")
        let sendsCredential = Self.sendsCredential(reader)
        reader.finish(elsewhere: ["url": "Write \"path\", below the API's base_url, instead of \"url\"."])
        guard let name, let method, let template else { return }
        endpoints.append(
            CompiledEndpoint(
                name: name, summary: summary, method: method, template: template, parameters: parameters.parameters,
                body: body, sendsCredential: sendsCredential,
                arguments: ArgumentSchema.make(parameters.parameters, body, bodySchema), response: response,
                examples: examples))
    }

    private mutating func readName(_ reader: ObjectReader) -> String? {
        guard let name = reader.required("name") else { return nil }
        let isSound = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard isSound, name.utf8.count <= 64 else {
            reader.faults.invalid(
                reader.place("name"), "An endpoint's name holds only letters, digits, _ . and -, at most 64.")
            return nil
        }
        guard names.insert(name).inserted else {
            reader.faults.invalid(reader.place("name"), "Another endpoint is named \"\(name)\" too.")
            return nil
        }
        return name
    }

    private static func method(_ reader: ObjectReader) -> String? {
        guard let method = reader.required("method")?.uppercased() else { return nil }
        if methods.contains(method) { return method }
        reader.faults.invalid(
            reader.place("method"), "\"method\" must be one of \(methods.joined(separator: ", ")).")
        return nil
    }

    private static func template(_ reader: ObjectReader) -> PathTemplate? {
        guard let path = reader.required("path") else { return nil }
        do throws(RuleError) {
            return try PathTemplate(path)
        } catch {
            reader.faults.invalid(reader.place("path"), "\(error)")
            return nil
        }
    }

    /// A schema is accepted where nothing is to be validated against it, and shown to agents.
    private func schema(_ key: String, _ reader: ObjectReader) -> JSON? {
        guard let value = reader.value(key) else { return nil }
        guard value.object != nil || value.bool != nil else {
            reader.faults.invalid(reader.place(key), "\"\(key)\" must be a JSON Schema, not \(value.typeName).")
            return nil
        }
        guard validation == .off else {
            reader.faults.notImplemented(
                reader.place(key), "Validation against schemas (without \"validation\": \"off\" under \"security\") is")
            return nil
        }
        return ShortSchema.expand(value)
    }

    private static func body(
        _ method: String?, _ schema: JSON?, _ parameters: [Parameter], _ reader: ObjectReader
    ) -> CompiledEndpoint.Body {
        guard let method else { return .none }
        let place = reader.place("request_body")
        if ["GET", "HEAD", "OPTIONS"].contains(method) {
            if schema != nil { reader.faults.invalid(place, "A \(method) request has no body.") }
            return .none
        }
        if let type = schema?["content_type"], type.string != "application/json" {
            reader.faults.notImplemented(place.appending("content_type"), "Bodies other than application/json are")
        }
        if method == "DELETE", schema == nil { return .none }
        let names = Set(parameters.map(\.name))
        if names.contains("body") {
            reader.faults.invalid(
                reader.place("parameters"), "No parameter may be named \"body\" where the request has one.")
        }
        guard let properties = schema?["properties"]?.object, schema?["type"]?.string == "object" else { return .whole }
        return names.isDisjoint(with: properties.keys) ? .properties(properties.keys) : .whole
    }

    private static func sendsCredential(_ reader: ObjectReader) -> Bool {
        guard let security = reader.value("security") else { return true }
        guard security.array?.isEmpty == true else {
            reader.faults.invalid(
                reader.place("security"), "\"security\" of an endpoint can only be [], which sends no credential.")
            return true
        }
        return false
    }
}
