import Drafts
import EgressPolicy
import Value

/// Reads a Postman collection (format 2.0 or 2.1) into a draft.
enum PostmanReader {
    /// A request whose place among the hosts is still to be found.
    private struct Request {
        var item: PostmanItem
        var method: String
        var url: PostmanURL?
        var headers: [CallField]
    }

    /// - Parameter environments: exported environments and globals, whose variables count before the collection's.
    static func read(_ bytes: [UInt8], environments: [[UInt8]] = []) throws(CaptureError) -> Draft {
        let document = try Captures.document(bytes)
        let root = document.root["collection"].flatMap { $0.object == nil ? nil : $0 } ?? document.root
        let prefix = root == document.root ? [] : ["collection"]
        guard root["item"]?.array != nil else {
            throw CaptureError(
                root["requests"] == nil
                    ? "This is no Postman collection: it has no \"item\"."
                    : "This is a Postman collection of format 1: export it as \"Collection v2.1\".")
        }
        var assembly = DraftAssembly(.postman)
        let schema = root["info"]?["schema"]?.string ?? ""
        assembly.version = schema.contains("v2.0") ? "2.0" : schema.contains("v2.1") ? "2.1" : nil
        assembly.name = root["info"]?["name"]?.string
        assembly.description = PostmanText.description(root["info"]?["description"])
        var environment: [JSON] = []
        for bytes in environments { environment += try Captures.value(bytes)["values"]?.array ?? [] }
        let items = PostmanItems(root, environment: environment)
        assembly.scrub.add(items.secrets)
        let requests = items.items.map { request($0) }
        let base = PostmanBase(requests.compactMap(\.url))
        assembly.base = base.url
        var offsets: [CallKey: Int] = [:]
        for request in requests {
            let planned = operation(request, base, document, prefix, &assembly)
            if let shape = planned.shape,
                let first = offsets.updateIfAbsent(key(planned, shape), assembly.operations.count)
            {
                merge(shape, into: &assembly.operations[first])
            } else {
                assembly.operations.append(planned)
            }
        }
        assembly.findings = findings(items, base)
        return assembly.draft()
    }

    /// Equal for requests that nobody could tell apart.
    private static func key(_ planned: PlannedOperation, _ shape: EndpointShape) -> CallKey {
        let name = (planned.name ?? "").utf8.filter { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) }
        return CallKey(
            method: planned.method, path: planned.path, identity: shape.identity,
            name: String(decoding: name, as: UTF8.self))
    }

    private static func merge(_ shape: EndpointShape, into planned: inout PlannedOperation) {
        planned.shape?.merge([shape], at: [])
        guard !planned.findings.contains(where: { $0.code == "requests_merged" }) else { return }
        planned.findings.append(
            Finding(
                .note, "requests_merged", "Several requests of this name, method and path are one endpoint.",
                at: planned.pointer, position: planned.position))
    }

    private static func request(_ item: PostmanItem) -> Request {
        let json = item.json["request"]
        let url = PostmanURL(json?.string == nil ? json?["url"] : json, item.variables)
        return Request(
            item: item, method: (json?["method"]?.string ?? "GET").uppercased(), url: url,
            headers: headers(json?["header"], item.variables))
    }

    private static func headers(_ json: JSON?, _ variables: PostmanVariables) -> [CallField] {
        if let text = json?.string {
            return text.split(whereSeparator: \.isNewline).prefix(200).compactMap { line in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                return CallField(String(line[..<colon].filter { $0 != " " }), variables.resolve(String(value)))
            }
        }
        return (json?.array ?? []).prefix(200).compactMap { item in
            if isSwitchedOffCredential(item) { return nil }
            return PostmanText.field(item).map { field in
                var field = field
                field.text = field.text.map { variables.resolve($0) }
                return field
            }
        }
    }

    /// A credential that is not sent; another one is, or none.
    private static func isSwitchedOffCredential(_ item: JSON) -> Bool {
        guard item["disabled"]?.bool == true, let name = item["key"]?.string else { return false }
        return FieldNames.isCredentialHeader(name) || ["authorization", "cookie"].contains(name.lowercased())
    }

    private static func operation(
        _ request: Request, _ base: PostmanBase, _ document: Document, _ prefix: [String],
        _ assembly: inout DraftAssembly
    ) -> PlannedOperation {
        let item = request.item
        let pointer = JSONPointer(prefix + item.pointer.tokens)
        let json = item.json["request"]
        var planned = PlannedOperation(
            method: String(request.method.prefix(32)), path: "…", name: name(item.json["name"]?.string),
            description: PostmanText.description(json?["description"]) ?? PostmanText.description(
                item.json["description"])
                ?? item.json["name"]?.string,
            tags: item.folders, pointer: pointer, position: document.position(of: pointer))
        let fields = CallCredentials(
            headers: request.headers, query: request.url?.query ?? [],
            urlHoldsCredential: request.url?.holdsCredential ?? false)
        assembly.scrub.add(fields.secrets)
        for item in json?["header"]?.array ?? [] where isSwitchedOffCredential(item) {
            assembly.scrub.add(item["value"]?.string ?? "")
        }
        guard let url = request.url else {
            planned.leaveOut("url_missing", "The request has no URL.")
            return planned
        }
        planned.path = url.shape(of: url.wholePath)?.template().text ?? planned.path
        guard let below = base.path(of: url) else {
            planned.leaveOut(
                "other_host", "The request is to \(url.shownHost), another host than most; an API has one.")
            return planned
        }
        guard EndpointShape.methods.contains(request.method) else {
            planned.leaveOut("method_not_supported", "No endpoint can have this method.")
            return planned
        }
        guard let path = url.shape(of: below) else {
            planned.leaveOut(
                "path_not_supported", "No endpoint can have this path: it has empty segments, or too many.")
            return planned
        }
        let schemes = fields.schemes + (item.auth?.scheme.map { [$0] } ?? [])
        if schemes.isEmpty, item.auth?.isNone == true {
            planned.isPublic = true
        } else {
            assembly.credentials.add(schemes)
        }
        for (code, message) in item.auth?.findings ?? [] {
            planned.findings.append(Finding(.change, code, message, at: pointer, position: planned.position))
        }
        let body = PostmanBody.read(json?["body"], headers: request.headers)
        let samples = sampled(fields)
        var shape = EndpointShape(method: request.method, path: path, identity: CallIdentity(samples, body))
        shape.add(path, samples, body, answers: answers(item.json["response"]))
        planned.path = path.template().text
        planned.shape = shape
        return planned
    }

    /// A request that nobody named has its URL for a name.
    private static func name(_ text: String?) -> String? {
        guard let text, !text.isEmpty, !text.contains("://"), !text.hasPrefix("{{"), !text.hasPrefix("/") else {
            return nil
        }
        return text.contains(" ") ? text.lowercased() : text
    }

    /// What stands for a variable tells no type.
    private static func sampled(_ fields: CallCredentials) -> CallCredentials {
        fields.mapTexts { PostmanText.sample($0) }
    }

    private static func answers(_ list: JSON?) -> [JSON] {
        (list?.array ?? []).prefix(50).compactMap { response in
            let code = response["code"]?.int ?? 200
            guard (200..<300).contains(code), let text = response["body"]?.string, !text.isEmpty else { return nil }
            guard let value = PostmanBody.lenient(text), value.object != nil || value.array != nil else { return nil }
            return value
        }
    }

    private static func findings(_ items: PostmanItems, _ base: PostmanBase) -> [Finding] {
        var findings: [Finding] = []
        if items.scripts > 0 {
            findings.append(
                Finding(
                    .note, "scripts_ignored",
                    "\(items.scripts) scripts were passed over: what they compute is not in the draft."))
        }
        if items.unread > 0 {
            findings.append(
                Finding(
                    .leftOut, "item_unreadable",
                    "\(items.unread) items are no requests, or too many, and were left out."))
        }
        if base.isUnknown {
            findings.append(
                Finding(
                    .change, "base_url_unknown",
                    "The host is \(base.shown.quotedForMessage), a variable without a value here: import the collection "
                        + "together with its environment's file, or give the base URL."
                ))
        }
        return findings
    }
}

extension Dictionary {
    /// What is under the key already; where nothing is, the value is put there.
    fileprivate mutating func updateIfAbsent(_ key: Key, _ value: Value) -> Value? {
        if let old = self[key] { return old }
        self[key] = value
        return nil
    }
}
