import Drafts
import EgressPolicy
import Value

/// What calls of one method and path had in common.
struct EndpointShape {
    let method: String
    private(set) var path: PathShape
    private(set) var identity: CallIdentity
    private(set) var calls = 0
    private var query = FieldTally(ignoresCase: false)
    private var headers = FieldTally(ignoresCase: true)
    private var body = BodyTally()
    private var pathValues: [SchemaInference]
    private(set) var answers = SchemaInference(limits: .init(places: 1024))
    private var droppedBody = false
    private var droppedNames = 0

    private static let withoutBody: Set<String> = ["HEAD"]
    static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    init(method: String, path: PathShape, identity: CallIdentity = CallIdentity()) {
        self.method = method
        self.identity = identity
        self.path = path
        pathValues = path.samples.map { _ in SchemaInference() }
    }

    /// Adds one call; its path has the shape of this one's.
    mutating func add(_ path: PathShape, _ fields: CallCredentials, _ body: CallBody?, answers: [JSON]) {
        calls += 1
        droppedNames += fields.droppedNames
        query.add(fields.query)
        headers.add(fields.headers)
        for (index, sample) in path.samples.enumerated() where index < pathValues.count {
            if let sample { pathValues[index].add(TextValue.json(sample)) }
        }
        if let body {
            if Self.withoutBody.contains(method) { droppedBody = true } else { self.body.add(body) }
        }
        for answer in answers { self.answers.add(answer) }
    }

    /// Adds what another endpoint saw, and makes a parameter of each segment in which they differ.
    mutating func merge(_ others: [EndpointShape], at indices: [Int]) {
        for index in indices { generalise(index) }
        for other in others {
            var other = other
            for index in indices { other.generalise(index) }
            calls += other.calls
            query.merge(other.query)
            headers.merge(other.headers)
            body.merge(other.body)
            answers.merge(other.answers)
            droppedBody = droppedBody || other.droppedBody
            droppedNames += other.droppedNames
            for (offset, values) in other.pathValues.enumerated() where offset < pathValues.count {
                pathValues[offset].merge(values)
            }
        }
    }

    /// What its fields always were, each kind by name: header names in small letters.
    var constants: EndpointConstants {
        let headers = headers.constants(calls: calls).map { ($0.key.lowercased(), $0.value) }
        return EndpointConstants(
            query: query.constants(calls: calls), headers: Dictionary(headers, uniquingKeysWith: { first, _ in first }),
            body: body.constants(calls: calls))
    }

    /// Makes a parameter of each segment that is one of the values in `scrub`.
    mutating func hide(_ scrub: SecretScrub) {
        identity.hide(scrub)
        for index in path.segments.indices {
            guard case .literal(let text) = path.segments[index] else { continue }
            if scrub.hides(TextValue.decoded(text, plusIsSpace: false) ?? text) { generalise(index) }
        }
    }

    private mutating func generalise(_ index: Int) {
        let before = path.segments[..<index].count { if case .parameter = $0 { true } else { false } }
        path.generalise(index)
        var value = SchemaInference()
        if let sample = path.samples[before] { value.add(TextValue.json(sample)) }
        pathValues.insert(value, at: before)
    }

    /// The endpoint for a definition, and what of the calls it does not have.
    ///
    /// - Parameters:
    ///   - credential: names in the query and of headers, in lower case, that the API's credential has.
    ///   - others: of the other endpoints of its method and path that have names of their own.
    ///   - scrub: for what people wrote of it.
    func endpoint(
        name: String, description: String?, credential: Set<String>, besides others: [EndpointConstants] = [],
        scrub: SecretScrub, at pointer: JSONPointer, position: Position?
    ) -> (JSONObject, [Finding]) {
        var findings: [Finding] = []
        func note(_ code: String, _ message: String) {
            findings.append(Finding(.change, code, message, at: pointer, position: position))
        }
        let queryNames = Set(query.names)
        let headerNames = Set(headers.names.filter { queryNames.contains($0) || credential.contains($0.lowercased()) })
        var reserved: Set<String> = []
        if !body.isEmpty || ["POST", "PUT", "PATCH", "DELETE"].contains(method) { reserved.insert("body") }
        let template = path.template(besides: queryNames.union(headers.names).union(reserved))
        var parameters = path.samples.indices.compactMap { index in
            FieldTally.parameter(
                template.names[index], in: .path, schema: FieldTally.schema(pathValues[index].schema), isRequired: true,
                description: path.descriptions[index].map { scrub.clean($0, limit: 1024) })
        }
        let kept = kept(besides: others, scrub)
        parameters += query.parameters(in: .query, calls: calls, except: reserved, keeping: kept.query, scrub)
        parameters += headers.parameters(
            in: .header, calls: calls, except: headerNames.union(reserved), keeping: kept.headers, scrub)
        if query.isCut || headers.isCut {
            note("parameters_cut", "There are more parameters than an endpoint can have.")
        }
        if !reserved.isDisjoint(with: queryNames.union(headers.names)) {
            note("parameter_left_out", "The parameter \"body\" was left out: the request's body has this name.")
        }
        if headers.names.contains(where: queryNames.contains) {
            note("parameter_left_out", "A header was left out that has the name of a query parameter.")
        }
        if droppedNames > 0 {
            note("parameter_left_out", "\(droppedNames) parameters whose names look like data were left out.")
        }
        if droppedBody { note("body_left_out", "The body was left out: a \(method) request has none.") }
        if body.isMixed { note("body_types", "Bodies of other types than the first one's were left out.") }
        if body.isUnreadable { note("body_unreadable", "The body could not be read; any is let through.") }
        if body.hasFiles { note("file_field", "Files are given in base64.") }
        if identity.dropsText {
            findings.append(
                Finding(
                    .note, "graphql_values",
                    "The query's text has values in it and was not kept: give it with every call, or put its values into "
                        + "variables and import it again.", at: pointer, position: position))
        }
        var endpoint: JSONObject = ["name": .string(name)]
        if let description, !description.isEmpty { endpoint["description"] = .string(scrub.clean(description)) }
        endpoint["method"] = .string(method)
        endpoint["path"] = .string(template.text)
        if !parameters.isEmpty { endpoint["parameters"] = .array(parameters) }
        endpoint["request_body"] = body.schema(calls: calls, keeping: kept.body)
        let answer = answers.schema(requiredFrom: 2)
        if answer != .object([:]) { endpoint["response_schema"] = answer }
        return (endpoint, findings)
    }

    /// What stays of the values that were sent.
    private func kept(
        besides others: [EndpointConstants], _ scrub: SecretScrub
    ) -> (query: [String: KeptValue], headers: [String: KeptValue], body: [String: String]) {
        var query = identity.query.mapValues { KeptValue.only($0) }
        var headers = identity.headers.mapValues { KeptValue.only($0) }
        var body = identity.body
        guard !others.isEmpty else { return (query, headers, body) }
        let own = constants
        func isClean(_ text: String) -> Bool { scrub.clean(text) == text }
        for (name, value) in TellingValues.differing(own.query, from: others.map(\.query))
        where query[name] == nil && TellingValues.isKept(name, value) && isClean(value) {
            query[name] = .usual(value)
        }
        for (name, value) in TellingValues.differing(own.headers, from: others.map(\.headers))
        where headers[name] == nil && TellingValues.isKept(name, value) && isClean(value) {
            headers[name] = .usual(value)
        }
        for (name, value) in TellingValues.differing(own.body, from: others.map(\.body))
        where body[name] == nil && TellingValues.isKept(member: name, value) && isClean(value) {
            body[name] = value
        }
        return (query, headers, body)
    }
}
