import Drafts
import EgressPolicy
import Value

/// An endpoint that nobody described.
struct InferredEndpoint: Sendable {
    var method: String
    var shape: PathShape
    var query: [String] = []
    var response: JSON?
    /// Whether it answers with many of something.
    var isList = false
    /// What it rests on, in words.
    var basis: String

    /// A definition's text for what is not known for certain.
    static func draft(_ endpoints: [InferredEndpoint], base: BaseURL, _ description: String) -> Draft {
        let prefix = base.pathPrefix
        let isBelow = endpoints.allSatisfy { $0.shape.description.hasPrefix(prefix + "/") || prefix.isEmpty }
        let below = isBelow ? prefix : ""
        let wishes = endpoints.map {
            EndpointNames.Wish($0.name(below: below), method: $0.method, path: $0.shape.description)
        }
        let names = EndpointNames.assign(wishes)
        let operations = zip(endpoints, names).map { endpoint, name in endpoint.operation(name, below: below) }
        let url = isBelow ? base.description : base.origin.description
        let definition: JSONObject = [
            "name": .string("API at \(base.origin.host)"), "description": .string(description),
            "connection": ["base_url": .string(url)],
            // A guess must not fail the calls that show it wrong.
            "security": ["validation": "warn", "argument_formats": "warn"],
        ]
        return Draft(source: .observed, definition: definition, operations: operations)
    }

    private func operation(_ name: String, below prefix: String) -> DraftOperation {
        var endpoint: JSONObject = [
            "name": .string(name), "description": .string("\(method) \(path(below: prefix)), \(basis)."),
            "method": .string(method), "path": .string(path(below: prefix)),
        ]
        var parameters = shape.parameters.map { name, kind -> JSON in
            var parameter: JSONObject = ["name": .string(name), "in": "path", "required": true]
            parameter["type"] = kind == .integer ? "integer" : "string"
            if kind == .uuid { parameter["format"] = "uuid" }
            return .object(parameter)
        }
        let taken = Set(shape.parameters.map(\.name))
        for name in query where !taken.contains(name) {
            parameters.append(["name": .string(name), "in": "query", "schema": ["type": ["string", "integer"]]])
        }
        if !parameters.isEmpty { endpoint["parameters"] = .array(parameters) }
        if let response, response.object?.isEmpty == false { endpoint["response_schema"] = response }
        let note = Finding(.note, "inferred", "Nobody described this endpoint: it was \(basis).")
        return DraftOperation(method: method, path: shape.description, endpoint: endpoint, findings: [note])
    }

    private func path(below prefix: String) -> String {
        let path = String(shape.description.dropFirst(prefix.count))
        return path.isEmpty ? "/" : path
    }

    /// `list_user_orders` for `GET /users/{user_id}/orders`.
    private func name(below prefix: String) -> String {
        var words: [String] = []
        let segments = shape.segments.dropFirst(prefix.split(separator: "/").count)
        for (index, segment) in zip(segments.indices, segments) {
            guard case .literal(let text) = segment, !text.isEmpty else { continue }
            let next = segments.index(after: index)
            var isOne = false
            if next < segments.endIndex, case .parameter = segments[next] { isOne = true }
            let word = Noun.singular(text)
            let isMany = method == "POST" && next == segments.endIndex ? false : !isOne
            words.append(isMany ? Self.plain(text) : word)
        }
        let verb =
            switch method {
            case "GET": isList ? "list" : "get"
            case "POST": "create"
            case "PUT": "replace"
            case "PATCH": "update"
            default: method.lowercased()
            }
        return ([verb] + (words.isEmpty ? ["root"] : words)).joined(separator: "_")
    }

    private static func plain(_ text: String) -> String {
        String(
            decoding: text.utf8.map { ASCIIText.isWord($0) ? ASCIIText.lower($0) : UInt8(ascii: "_") }, as: UTF8.self)
    }
}
