import EgressPolicy
import Value

/// Reads an endpoint's `parameters`.
struct ParameterList {
    /// What stands in requests already, and no argument can set: names as ``HeaderRules/folded(_:)`` writes them.
    struct Taken {
        var headers: Set<String> = []
        var queries: Set<String> = []
        var cookies: Set<String> = []
    }

    private let taken: Taken
    private let schemas: SchemaLibrary
    private(set) var parameters: [Parameter] = []
    /// Where the schemas stand in the document as it was sent, by argument.
    private(set) var places: [String: JSONPointer] = [:]
    /// The names under `$defs` that the schemas use.
    private(set) var uses: Set<String> = []
    private var headers: Set<String> = []
    /// Of all other places, each with its names.
    private var names: Set<[String]> = []

    private static let most = 500

    init(taken: Taken, schemas: SchemaLibrary) {
        self.taken = taken
        self.schemas = schemas
    }

    /// Reads the list, or the short form: an object of names and types, or names and parameters.
    mutating func read(_ endpoint: ObjectReader, _ template: PathTemplate?) {
        guard let short = endpoint.object["parameters"]?.object else {
            for (value, pointer) in endpoint.elements("parameters", atMost: Self.most) {
                read(value, at: pointer, endpoint.faults)
            }
            return
        }
        _ = endpoint.value("parameters")
        let place = endpoint.place("parameters")
        guard short.count <= Self.most else {
            return endpoint.faults.invalid(place, "An endpoint has at most \(Self.most) parameters.")
        }
        for (name, value) in short {
            let pointer = place.appending(name)
            var parameter: JSONObject = value.object ?? ["type": value]
            guard parameter["name"] == nil else {
                endpoint.faults.invalid(pointer.appending("name"), "Here the key is the parameter's name.")
                continue
            }
            parameter["name"] = .string(name)
            if parameter["in"] == nil { parameter["in"] = template?.names.contains(name) ?? false ? "path" : "query" }
            read(.object(parameter), at: pointer, endpoint.faults)
        }
    }

    private mutating func read(_ value: JSON, at pointer: JSONPointer, _ faults: FaultList) {
        guard let object = value.object else {
            return faults.invalid(pointer, "A parameter is an object, not \(value.typeName).")
        }
        let reader = ObjectReader(object, at: pointer, faults)
        let name = reader.required("name")
        let location = reader.required("in").flatMap { _ in
            reader.word("in", among: ParameterLocation.allCases.map(\.rawValue))
        }.flatMap(ParameterLocation.init)
        let argument = reader.string("argument") ?? name
        let isJSON = Self.isJSON(reader)
        let schema = ParameterSchema(reader, schemas)
        let required = reader.bool("required")
        let allowsSlash = reader.bool("allow_slash") ?? false
        let sendsDefault = reader.bool("send_default") ?? true
        let form = ParameterForm(location, reader)
        reader.finish(elsewhere: ParameterSchema.advice)
        guard let name, let location, let argument else { return }
        guard !argument.isEmpty else { return faults.invalid(reader.place("argument"), "\"argument\" is empty.") }
        guard places[argument] == nil else {
            return faults.invalid(
                reader.place(reader.has("argument") ? "argument" : "name"),
                "Another parameter of this endpoint is named \"\(argument)\" too; give this one another \"argument\".")
        }
        guard names.insert([location.rawValue, name]).inserted else {
            return faults.invalid(
                reader.place("name"), "The \(location.rawValue) of this endpoint has a parameter \"\(name)\" already.")
        }
        if location == .path, required == false {
            faults.invalid(reader.place("required"), "A path parameter is always required.")
        }
        if location != .path, allowsSlash {
            faults.invalid(reader.place("allow_slash"), "Only a path parameter can have \"allow_slash\".")
        }
        check(name, location, reader)
        places[argument] = schema.place
        uses.formUnion(schema.rewritten.uses)
        let format: ParameterFormat
        do throws(RuleError) {
            format = try ParameterFormat(
                name, in: location, style: form.style, explode: form.explode, allowsReserved: form.allowsReserved,
                allowsSlash: allowsSlash)
        } catch {
            // What it refuses has been said above, in words that fit definitions better.
            return faults.invalidIfNone(reader.place("name"), error.description)
        }
        let isNeeded = location == .path || required == true
        let preset = isNeeded ? schema.anyDefault(in: schemas.document) : sendsDefault ? schema.ownDefault : .none
        parameters.append(
            Parameter(
                format: format, isRequired: isNeeded && preset == nil, sentDefault: preset,
                schema: schema.rewritten.json, argument: argument, isJSON: isJSON))
    }

    /// `content_type`: OpenAPI's parameters with `content` are written as a document of their own.
    private static func isJSON(_ reader: ObjectReader) -> Bool {
        guard let type = reader.string("content_type") else { return false }
        guard RequestContent(type)?.encoding == .json else {
            reader.faults.invalid(
                reader.place("content_type"), "The \"content_type\" of a parameter can only be application/json.")
            return false
        }
        for key in ["style", "explode"] where reader.has(key) {
            reader.faults.invalid(reader.place(key), "A parameter has \"\(key)\" or \"content_type\", not both.")
        }
        return true
    }

    /// What an argument can never set (S8), and what the credential sets.
    private mutating func check(_ name: String, _ location: ParameterLocation, _ reader: ObjectReader) {
        let place = reader.place("name")
        let folded = HeaderRules.folded(name)
        switch location {
        case .path: return
        case .header:
            if !HeaderRules.isValidFieldName(name) {
                reader.faults.invalid(place, "A header's name consists of letters, digits and hyphens.")
            } else if folded == "content-type" {
                reader.faults.invalid(place, "The content type is written \"content_type\" in \"request_body\".")
            } else if HeaderRules.isReservedInRequests(name) || HeaderRules.isHopByHop(name) {
                reader.faults.invalid(place, "The header \(name) is reserved: no argument can set it.")
            } else if taken.headers.contains(folded) {
                reader.faults.invalid(place, "The header \(name) carries the API's credential: no argument can set it.")
            } else if !headers.insert(name.lowercased()).inserted {
                reader.faults.invalid(place, "Another parameter of this endpoint is the header \(name) too.")
            }
        case .query:
            if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                reader.faults.invalid(place, "A query parameter's name holds no control characters.")
            } else if taken.queries.contains(folded) {
                reader.faults.invalid(place, "The API's own URL or credential sets this query parameter.")
            }
        case .cookie:
            if !HeaderRules.isValidFieldName(name) {
                reader.faults.invalid(place, "A cookie's name consists of letters, digits and hyphens.")
            } else if taken.cookies.contains(folded) {
                reader.faults.invalid(place, "This cookie carries the API's credential: no argument can set it.")
            }
        }
    }

    /// Each name in the path has its parameter, and each path parameter its place.
    ///
    /// - Parameter own: a name that is no parameter.
    func match(_ template: PathTemplate, _ reader: ObjectReader, except own: String?) {
        let declared = parameters.filter { $0.location == .path }.map(\.name)
        for name in template.names where name != own && !declared.contains(name) {
            reader.faults.invalid(
                reader.place("path"), "{\(name)} has no parameter with \"in\": \"path\" and \"name\": \"\(name)\".")
        }
        for name in declared where !template.names.contains(name) || name == own {
            reader.faults.invalid(
                reader.place("parameters"),
                name == own
                    ? "{secret} in the path is the API's credential and cannot be a parameter."
                    : "The path parameter \"\(name)\" does not occur in the path; write {\(name)}.")
        }
    }
}

extension ParameterList.Taken {
    /// - Parameter auth: `none` for what is set where no credential is sent.
    init(_ auth: AuthPlan, _ tunnel: TunnelPart, _ query: [FixedQuery]) {
        headers = Set(auth.headerNames.map { HeaderRules.folded($0) })
        if case .cloudflare(_?) = tunnel.kind {
            headers.formUnion(APIRoute.Access.headerNames.map { HeaderRules.folded($0) })
        }
        reserve(query)
        queries.formUnion(auth.queryNames.map { HeaderRules.folded($0) })
        cookies.formUnion(auth.cookieNames.map { HeaderRules.folded($0) })
    }

    /// What a URL of the definition brings along.
    mutating func reserve(_ query: [FixedQuery]) { queries.formUnion(query.map { HeaderRules.folded($0.name) }) }
}
