import Drafts
import EgressPolicy
import Value

/// Makes endpoints of operations.
struct OperationWriter {
    /// An endpoint, and what it takes.
    struct Endpoint {
        var json: JSONObject
        var uses: Set<String>
        /// Schemas that the registry counts for it, without those in `$defs`.
        var count: Int
    }

    let writer: SchemaWriter
    let references: References
    let log: FindingLog
    let version: SpecVersion
    let root: Node
    let base: BasePlan
    let security: SecurityPlan

    private static let mostParameters = 500
    private static let longestDescription = 16 << 10

    /// Nil where the operation is left out, with the finding made.
    func write(_ operation: SourceOperation, named name: String) -> Endpoint? {
        if let complaint = Methods.complaint(about: operation.method) {
            return leaveOut("method_unsupported", "\(quoted(operation.method)) \(complaint).", operation)
        }
        if let missing = operation.missing {
            log.add(
                .change, missing.code,
                "\(missing.message). What is known of the operation is its method and path alone.",
                at: operation.node.place)
        }
        let prefix: String
        switch base.prefix(of: operation) {
        case .path(let path): prefix = path
        case .elsewhere(let url):
            return leaveOut(
                "other_server",
                "The operation is at \(url), and an API has one host. Split the import by servers (--split-servers, "
                    + "split_servers): each becomes a definition with its own allowlist and credential.",
                operation)
        }
        var path = PathText(operation.path, below: prefix)
        if let fault = path.fault { return leaveOut("path_invalid", fault, operation) }
        var (taken, isPublic) = decideSecurity(operation)
        taken.queries.formUnion(path.query.map { HeaderRules.folded($0.name) })
        let source = SourceParameters(operation, references, log)
        let reader = ParameterReader(writer: writer, log: log, version: version, taken: taken)
        var parameters = self.parameters(source, &path, reader, operation)
        if parameters.count > Self.mostParameters {
            log.add(
                .change, "too_large", "There are more than \(Self.mostParameters) parameters; the rest was left out.",
                at: operation.node.place)
            let inPath = parameters.filter { $0.location == .path }
            let others = parameters.filter { $0.location != .path }
            parameters = inPath + others.prefix(max(0, Self.mostParameters - inPath.count))
        }
        for change in Set(path.changes).sorted() {
            log.add(.change, "path_repaired", change, at: operation.node.place)
        }
        let body = BodyReader(
            writer: writer, references: references, log: log, root: root, version: version
        ).read(operation, source)
        ArgumentNames.assign(&parameters, hasBody: body != nil || Self.takesBody(operation.method))
        return assemble(operation, name, path, source, parameters, body, isPublic: isPublic)
    }

    private static func takesBody(_ method: String) -> Bool { ["POST", "PUT", "PATCH"].contains(method) }

    private func leaveOut(_ code: String, _ message: String, _ operation: SourceOperation) -> Endpoint? {
        log.add(.leftOut, code, message, at: operation.node.place)
        return nil
    }

    private func decideSecurity(_ operation: SourceOperation) -> (ParameterReader.TakenNames, isPublic: Bool) {
        switch security.decide(operation) {
        case .sends: return (security.taken, false)
        case .isPublic: return (ParameterReader.TakenNames(), security.authentication() != nil)
        case .differs(let words):
            let place = operation.node.child("security")?.place ?? operation.node.place
            let isSent = security.authentication() != nil
            let what = isSent ? "the API's credential is sent" : "nothing is sent, which may be refused"
            log.add(.change, "security_differs", "The operation asks for \(words); \(what) instead.", at: place)
            return (security.taken, false)
        }
    }

    // MARK: Parameters

    private func parameters(
        _ source: SourceParameters, _ path: inout PathText, _ reader: ParameterReader, _ operation: SourceOperation
    ) -> [ImportedParameter] {
        var result: [ImportedParameter] = []
        var open = path.names.map { (source: $0.source, name: $0.name, plain: Self.plain($0.source)) }
        let inPath = Set(path.names.map(\.source))
        for parameter in source.list {
            if ["path", "query"].contains(parameter.location), !inPath.contains(parameter.name),
                let key = path.queryNames[parameter.name]
            {
                if let read = reader.read(parameter, in: .query, named: key) { result.append(read) }
                continue
            }
            if parameter.location == "path" {
                // `{petId}` for `{pet_id}` and the like.
                let plain = Self.plain(parameter.name)
                let place =
                    open.firstIndex { $0.source == parameter.name }
                    ?? open.firstIndex { !plain.isEmpty && $0.plain == plain }
                guard let place else {
                    log.add(
                        .change, "parameter_not_in_path",
                        "The parameter \(quoted(parameter.name)) does not occur in the path; it was left out.",
                        at: parameter.node.place)
                    continue
                }
                let name = open.remove(at: place)
                if let read = reader.read(parameter, in: .path, named: name.name) { result.append(read) }
            } else if parameter.location == "querystring" {
                log.add(
                    .change, "parameter_invalid", "A whole query as one parameter cannot be sent; it was left out.",
                    at: parameter.node.place)
            } else if let location = parameter.location3 {
                if let read = reader.read(parameter, in: location, named: parameter.name) { result.append(read) }
            }
        }
        addUndeclared(open.map { ($0.source, $0.name) }, path, &result, operation)
        return result
    }

    private static func plain(_ name: String) -> [UInt8] {
        name.lowercased().utf8.filter { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 >= 0x80 }
    }

    private func addUndeclared(
        _ open: [(source: String, name: String)], _ path: PathText, _ result: inout [ImportedParameter],
        _ operation: SourceOperation
    ) {
        for name in open where operation.missing != nil {
            let schema = SchemaWriter.Written(json: ["type": "string"], count: 1)
            result.append(
                ImportedParameter(
                    name: name.name, location: .path, argument: name.name, isRequired: true, schema: schema,
                    place: operation.node.place))
        }
        for name in open where operation.missing == nil {
            let twin = result.first { $0.location == .path && name.name.hasPrefix($0.name + "_") }
            let isRepeated = path.names.count { $0.source == name.source } > 1
            log.add(
                .change, isRepeated ? "path_name_repeated" : "parameter_undeclared",
                isRepeated
                    ? "{\(name.source)} stands twice in the path; give its value as \(quoted(name.name)) too."
                    : "{\(name.source)} in the path has no parameter; one that takes a text was added.",
                at: operation.node.place)
            let schema = isRepeated ? twin?.schema : nil
            result.append(
                ImportedParameter(
                    name: name.name, location: .path, argument: name.name, isRequired: true,
                    schema: schema ?? SchemaWriter.Written(json: ["type": "string"], count: 1),
                    place: operation.node.place))
        }
        addOpenQueries(path, &result, operation)
        for item in path.query {
            let value = JSON.string(item.value)
            let schema: JSON = ["type": "string", "enum": [value], "default": value]
            guard !result.contains(where: { $0.location == .query && $0.name == item.name }) else { continue }
            result.append(
                ImportedParameter(
                    name: item.name, location: .query, argument: item.name, isRequired: false,
                    schema: SchemaWriter.Written(json: schema, count: 1), isFixed: true, place: operation.node.place))
        }
    }

    /// What the path's own query has in braces, and nothing describes.
    private func addOpenQueries(
        _ path: PathText, _ result: inout [ImportedParameter], _ operation: SourceOperation
    ) {
        func add(_ name: String, _ description: String?) {
            guard !result.contains(where: { $0.location == .query && $0.name == name }) else { return }
            log.add(
                .change, "parameter_undeclared",
                "\(quoted(name)) in the path's query has no parameter; one that takes a text was added.",
                at: operation.node.place)
            result.append(
                ImportedParameter(
                    name: name, location: .query, argument: name, isRequired: true, description: description,
                    schema: SchemaWriter.Written(json: ["type": "string"], count: 1), place: operation.node.place))
        }
        for key in Set(path.queryNames.values).sorted() { add(key, nil) }
        for item in path.queryTexts { add(item.name, "Written as \(Texts.bounded(item.text, 200) ?? "").") }
    }

    // MARK: Assembly

    private func assemble(
        _ operation: SourceOperation, _ name: String, _ path: PathText, _ source: SourceParameters,
        _ parameters: [ImportedParameter], _ body: ImportedBody?, isPublic: Bool
    ) -> Endpoint {
        var result = Endpoint(json: ["name": .string(name)], uses: [], count: 2)
        if let text = description(of: operation) { result.json["description"] = .string(text) }
        result.json["method"] = .string(operation.method)
        result.json["path"] = .string(path.template)
        if !parameters.isEmpty { result.json["parameters"] = .array(parameters.map(\.json)) }
        for parameter in parameters {
            result.uses.formUnion(parameter.schema.uses)
            result.count += parameter.schema.count
        }
        var shape: BodyShape?
        if let body {
            let made = BodyShape(body, Set(parameters.map(\.argument)), endpoint: name, writer, log)
            result.json["request_body"] = made.json
            result.uses.formUnion(made.uses)
            result.count += made.count
            shape = made
        } else if Self.takesBody(operation.method), operation.missing == nil {
            result.json["request_body"] = false
        }
        let answers = ResponseReader(writer: writer, references: references, log: log, root: root, version: version)
        if let response = answers.read(operation), response.json != true, response.json != .object([:]) {
            result.json["response_schema"] =
                response.json.object.map { .object(BodyShape.guarded($0)) } ?? response.json
            result.uses.formUnion(response.uses)
            result.count += response.count
        }
        if isPublic { result.json["security"] = [] }
        let fixed = source.list.first { $0.location == "header" && $0.name.lowercased() == "accept" }
        if let accept = fixed.flatMap(ParameterReader.fixedAccept) ?? answers.accept(operation) {
            result.json["accept"] = .string(accept)
        }
        let examples = ArgumentExamples.make(parameters, body, shape)
        if !examples.isEmpty { result.json["examples"] = .array(examples) }
        tellCallbacks(operation)
        return result
    }

    private func description(of operation: SourceOperation) -> String? {
        let own = Texts.joined(operation.node.text("summary"), operation.node.text("description"))
        let text = own ?? Texts.joined(operation.item.text("summary"), operation.item.text("description"))
        guard operation.isDeprecated else { return Texts.bounded(text, Self.longestDescription) }
        let bounded = Texts.bounded(text, Self.longestDescription - 16)
        return (bounded.map { $0 + "\n\n" } ?? "") + "Deprecated."
    }

    private func tellCallbacks(_ operation: SourceOperation) {
        guard let callbacks = operation.node.child("callbacks"), !(callbacks.value.object?.isEmpty ?? true) else {
            return
        }
        log.add(
            .note, "callbacks_ignored", "The API calls back after this operation; callbacks are not received.",
            at: callbacks.place)
    }
}
