import EgressPolicy
import JSONSchema
import Value

/// Reads `endpoints`, one after another, and compiles them together.
struct EndpointList {
    /// An endpoint whose schemas are still to be compiled.
    private struct Draft {
        var name: String
        var summary: String?
        var method: String
        var path: EndpointPath
        var parameters: [Parameter]
        var part: RequestBodyPart
        var arguments: ArgumentSchema
        var response: SchemaLibrary.Rewritten?
        var needsApproval: Bool
        var sendsCredential: Bool
        var examples: JSON?
        var accept: String?
        var responseHeaders: [String]
        var place: JSONPointer

        private static let mostNames = 20

        /// What a model is shown where the definition describes nothing.
        var generatedSummary: String {
            let text = "\(method) \(path.template)"
            let names = (arguments.schema.json["properties"]?.object ?? [:]).keys
            guard !names.isEmpty else { return text }
            let rest = names.count > Self.mostNames ? ", and \(names.count - Self.mostNames) more" : ""
            return text + ", with " + names.prefix(Self.mostNames).joined(separator: ", ") + rest
        }
    }

    private let auth: AuthPlan
    private let taken: ParameterList.Taken
    private let takenWithoutCredential: ParameterList.Taken
    private let schemas: SchemaLibrary
    private let baseEndsInSlash: Bool
    private var drafts: [Draft] = []
    private var names: Set<String> = []

    /// - Parameters:
    ///   - taken: what arguments cannot set where a request is sent with this plan.
    ///   - baseEndsInSlash: whether the base URL was written so; an empty path then means that slash.
    init(
        auth: AuthPlan, taken: (AuthPlan) -> ParameterList.Taken, schemas: SchemaLibrary, baseEndsInSlash: Bool
    ) {
        self.baseEndsInSlash = baseEndsInSlash
        self.auth = auth
        self.taken = taken(auth)
        takenWithoutCredential = taken(.none)
        self.schemas = schemas
    }

    /// Whether `{secret}` stands in any endpoint's path.
    var holdsSecret: Bool { drafts.contains { $0.path.holdsSecret } }

    private var mayHoldSecret: Bool { auth.url != nil }

    mutating func read(_ value: JSON, at pointer: JSONPointer, _ faults: FaultList) {
        guard let object = value.object else {
            return faults.invalid(pointer, "An endpoint is an object, not \(value.typeName).")
        }
        let reader = ObjectReader(object, at: pointer, faults)
        let name = readName(reader)
        let summary = reader.text("description", bytes: 16 << 10)
        let method = Self.method(reader)
        let path = EndpointPath.read(
            reader, mayHoldSecret: mayHoldSecret, baseEndsInSlash: baseEndsInSlash)
        let sendsCredential = Self.sendsCredential(reader)
        var taken = sendsCredential ? taken : takenWithoutCredential
        taken.reserve(path?.query ?? [])
        var list = ParameterList(taken: taken, schemas: schemas)
        list.read(reader, path?.template)
        if let path { list.match(path.template, reader, except: mayHoldSecret ? SecretPart.name : nil) }
        let part = RequestBodyPart(reader, method: method)
        let response = response(reader)
        let needsApproval = reader.word("approval", among: ["none", "required"]) == "required"
        let examples = reader.value("examples")
        let accept = Self.accept(reader)
        let responseHeaders = Self.responseHeaders(reader)
        reader.finish(elsewhere: ["url": "Write \"path\", below the API's base_url, instead of \"url\"."])
        guard let name, let method, let path else { return }
        let draft = Draft(
            name: name, summary: summary, method: method, path: path, parameters: list.parameters, part: part,
            arguments: ArgumentSchema(list, part, method: method, schemas, faults), response: response,
            needsApproval: needsApproval, sendsCredential: sendsCredential, examples: examples,
            accept: accept, responseHeaders: responseHeaders, place: pointer)
        if path.holdsSecret, !sendsCredential { Self.refusePublic(draft.place, faults) }
        addSubjects(of: draft)
        drafts.append(draft)
    }

    /// The endpoints, once all were read; none after faults.
    func compiled() -> [CompiledEndpoint] {
        guard let schema = schemas.compile() else { return [] }
        let shared = schemas.sharedPlaces
        let definitions = schemas.definitions()
        return drafts.enumerated().map { index, draft in
            CompiledEndpoint(
                name: draft.name, summary: draft.summary ?? draft.generatedSummary, method: draft.method,
                template: draft.path.template,
                fixedQuery: draft.path.query, parameters: draft.parameters, body: draft.arguments.body,
                content: draft.arguments.content, requiresBody: draft.part.isRequired,
                sendsCredential: draft.sendsCredential, needsApproval: draft.needsApproval,
                arguments: draft.arguments.schema.json, argumentUses: draft.arguments.schema.uses,
                argumentSchema: EndpointSchema(schema, key: Self.argumentsKey(index), direction: .request),
                response: draft.response?.json, responseUses: draft.response?.uses ?? [],
                responseSchema: draft.response.map { _ in
                    EndpointSchema(schema, key: Self.responseKey(index), direction: .response)
                },
                responsePlaces: SchemaPlaces(
                    own: schemas.document.pointer(draft.place.appending("response_schema")), shared: shared),
                examples: draft.examples, accept: draft.accept, responseHeaders: draft.responseHeaders,
                definitions: definitions)
        }
    }

    /// Where the base URL itself is secret, no endpoint can do without the secret.
    func refusePublicEndpoints(_ faults: FaultList) {
        for draft in drafts where !draft.sendsCredential && !draft.path.holdsSecret {
            Self.refusePublic(draft.place, faults)
        }
    }

    private static func refusePublic(_ place: JSONPointer, _ faults: FaultList) {
        faults.invalid(
            place.appending("security"), "The URL of this endpoint holds the secret, so that it cannot be sent without."
        )
    }

    private func addSubjects(of draft: Draft) {
        let index = drafts.count
        schemas.add(
            draft.arguments.schema, key: Self.argumentsKey(index), at: draft.place, arguments: draft.arguments.places)
        if let response = draft.response {
            schemas.add(response, key: Self.responseKey(index), at: draft.place.appending("response_schema"))
        }
    }

    private static func argumentsKey(_ index: Int) -> String { "arguments_\(index)" }
    private static func responseKey(_ index: Int) -> String { "response_\(index)" }

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
        guard !Methods.isRefused(method) else {
            reader.faults.invalid(reader.place("method"), "\(method) is never sent: no endpoint can have it.")
            return nil
        }
        guard let complaint = Methods.complaint(about: method) else { return method }
        reader.faults.invalid(reader.place("method"), "\"\(method.prefix(64))\" \(complaint).")
        return nil
    }

    private func response(_ reader: ObjectReader) -> SchemaLibrary.Rewritten? {
        let place = reader.place("response_schema")
        guard let value = reader.value("response_schema") else { return nil }
        guard value.object != nil || value.bool != nil else {
            reader.faults.invalid(place, "\"response_schema\" must be a JSON Schema, not \(value.typeName).")
            return nil
        }
        return schemas.rewrite(ShortSchema.expand(value), at: place, within: schemas.document.pointer(place))
    }

    /// `accept`: what the request says that it takes (RFC 9110, section 12.5.1).
    private static func accept(_ reader: ObjectReader) -> String? {
        guard let text = reader.string("accept") else { return nil }
        guard !text.isEmpty, text.utf8.count <= 1024, text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
            reader.faults.invalid(
                reader.place("accept"), "\"accept\" lists media types, such as application/vnd.example+json.")
            return nil
        }
        return text
    }

    /// The most headers that `response_headers` names.
    private static let mostHeaders = 50

    private static func responseHeaders(_ reader: ObjectReader) -> [String] {
        var names: [String] = []
        for (value, pointer) in reader.elements("response_headers", atMost: mostHeaders) {
            guard let name = value.string, HeaderRules.isValidFieldName(name), name.utf8.count <= 256,
                !HeaderRules.isHopByHop(name)
            else {
                reader.faults.invalid(pointer, "This must be the name of a response header, such as X-CSRF-Token.")
                continue
            }
            if !names.contains(name.lowercased()) { names.append(name.lowercased()) }
        }
        return names
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
