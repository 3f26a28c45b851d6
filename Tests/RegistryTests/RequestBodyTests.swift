import Registry
import Testing
import Value

@Suite("Request bodies of a definition")
struct RequestBodyTests {
    private func endpoint(
        _ body: JSON?, parameters: JSON = ["id": "string"], method: JSON = "PUT"
    ) throws -> CompiledEndpoint {
        var endpoint: JSONObject = [
            "name": "e", "method": method, "path": "/c/{id}", "parameters": parameters,
        ]
        endpoint["request_body"] = body
        let json = Definitions.edit(Definitions.direct, "/endpoints", [.object(endpoint)])
        return try #require(Definitions.compile(json).endpoint(named: "e"))
    }

    private func mismatches(_ endpoint: CompiledEndpoint, _ arguments: JSON) -> [String] {
        endpoint.argumentSchema.mismatches(of: arguments).map { "\($0.pointer) \($0.keyword)" }
    }

    @Test("properties of an object body stand beside the parameters")
    func beside() throws {
        let endpoint = try endpoint([
            "type": "object", "properties": ["query": ["type": "string"], "limit": ["type": "integer"]],
            "required": ["query"],
        ])
        #expect(endpoint.body == .properties(["query", "limit"], isOpen: false) && endpoint.requiresBody)
        #expect(endpoint.arguments["required"] == ["id", "query"])
        #expect(mismatches(endpoint, ["id": "1", "query": "x", "limit": 2]).isEmpty)
        #expect(mismatches(endpoint, ["id": "1", "limit": "x"]).count == 2)
        #expect(mismatches(endpoint, ["id": "1", "query": "x", "qurey": "x"]).count == 1)
    }

    @Test("the wizard's short form is expanded; beside a content type too")
    func short() throws {
        let plain = try endpoint(["query": "string", "limit": "integer"])
        #expect(
            plain.arguments["properties"]
                == ["id": ["type": "string"], "query": ["type": "string"], "limit": ["type": "integer"]])
        let form = try endpoint(["content_type": "application/x-www-form-urlencoded", "query": "string"])
        #expect(form.content.encoding == .form && form.body == .properties(["query"], isOpen: false))
        let property = try endpoint(["content_type": "string", "id_type": "string"])
        #expect(property.content == .json && property.body == .properties(["content_type", "id_type"], isOpen: false))
        let schema = try endpoint(["type": "object", "description": "string"])
        #expect(schema.body == .whole)
    }

    @Test("where a name stands in both, or the body is no plain object, the whole body is one argument")
    func whole() throws {
        for body: JSON in [
            ["type": "object", "properties": ["id": ["type": "string"]]], ["type": "array"], ["type": "string"], true,
            ["allOf": [["properties": ["a": ["type": "string"]]]]],
            ["type": "object", "properties": ["a": true], "minProperties": 1],
        ] {
            let endpoint = try endpoint(body)
            #expect(endpoint.body == .whole && endpoint.arguments["properties"]?.object?.keys == ["id", "body"])
            #expect(endpoint.arguments["required"] == ["id", "body"])
        }
    }

    @Test("a GET has a body where the definition says so, and none where it is silent; a HEAD never has")
    func bodiesOfGET() throws {
        let body: JSON = ["type": "object", "properties": ["query": ["type": "string"]]]
        for method: JSON in ["GET", "OPTIONS", "LIST", "SEARCH"] {
            let endpoint = try endpoint(body, method: method)
            #expect(endpoint.body == .properties(["query"], isOpen: false))
            #expect(mismatches(endpoint, ["id": "1", "query": "x"]).isEmpty)
            #expect(try self.endpoint(nil, method: method).body == .none)
        }
        #expect(throws: DefinitionError.self) { try endpoint(body, method: "HEAD") }
    }

    @Test(
        "method: LIST and other registered or valid tokens work; slips and what is never sent are refused with a reason"
    )
    func methods() throws {
        for method in ["LIST", "list", "PROPFIND", "REPORT", "M-SEARCH", "PURGE", "QUERY"] {
            #expect(try endpoint(nil, method: .string(method)).method == method.uppercased())
        }
        for (method, words) in [
            ("TRACE", "never sent"), ("CONNECT", "never sent"), ("FETCH", "did you mean GET?"),
            ("G T", "not a method"), ("DELET", "did you mean DELETE?"),
        ] {
            let error = #expect(throws: DefinitionError.self) { try endpoint(nil, method: .string(method)) }
            #expect(error?.faults.contains { $0.message.contains(words) } == true, "\(method)")
        }
    }

    @Test("an undocumented body may be any JSON value, or absent")
    func undocumented() throws {
        let endpoint = try endpoint(nil)
        #expect(endpoint.body == .whole && !endpoint.requiresBody)
        #expect(mismatches(endpoint, ["id": "1"]).isEmpty && mismatches(endpoint, ["id": "1", "body": [1]]).isEmpty)
        #expect(try self.endpoint(nil, method: "DELETE").body == .none)
    }

    @Test("an optional body may be left out, but not in part")
    func optional() throws {
        let whole = try endpoint(["type": "array", "required": false])
        #expect(!whole.requiresBody && whole.arguments["required"] == ["id"])
        let definitions: JSON = ["B": ["properties": ["a": true, "b": true], "required": ["a"]]]
        var json = Definitions.edit(Definitions.direct, "/$defs", definitions)
        json = Definitions.edit(json, "/endpoints/1/request_body", ["$ref": "#/$defs/B", "required": false])
        let beside = try #require(Definitions.compile(json).endpoint(named: "search_customers"))
        #expect(beside.body == .properties(["a", "b"], isOpen: false) && !beside.requiresBody)
        #expect(mismatches(beside, [:]).isEmpty && mismatches(beside, ["a": 1]).isEmpty)
        #expect(mismatches(beside, ["b": 1]).count == 1)
    }

    @Test("a body open to other names takes all arguments that are no parameters")
    func open() throws {
        let endpoint = try endpoint([
            "type": "object", "properties": ["a": ["type": "string"]], "additionalProperties": ["type": "integer"],
        ])
        #expect(endpoint.body == .properties(["a"], isOpen: true))
        #expect(mismatches(endpoint, ["id": "1", "a": "x", "other": 5]).isEmpty)
        #expect(mismatches(endpoint, ["id": "1", "other": "x"]).count == 1)
    }

    @Test("a body closed to other names stands beside the parameters and takes no others")
    func closed() throws {
        let endpoint = try endpoint([
            "type": "object", "properties": ["a": ["type": "string"]], "additionalProperties": false,
        ])
        #expect(endpoint.body == .properties(["a"], isOpen: false))
        #expect(mismatches(endpoint, ["id": "1", "a": "x"]).isEmpty)
        #expect(mismatches(endpoint, ["id": "1", "other": 5]).count == 1)
    }

    @Test("a body that is a reference to a plain object stands beside the parameters too")
    func referenced() throws {
        var json = Definitions.edit(
            Definitions.direct, "/$defs",
            [
                "Customer": ["type": "object", "properties": ["name": ["$ref": "#/$defs/Name"]]],
                "Name": ["type": "string"],
            ]
        )
        json = Definitions.edit(json, "/endpoints/1/request_body", ["$ref": "#/$defs/Customer"])
        let endpoint = try #require(Definitions.compile(json).endpoint(named: "search_customers"))
        #expect(endpoint.body == .properties(["name"], isOpen: false))
        #expect(endpoint.selfContainedArguments["$defs"] == ["Name": ["type": "string"]])
        #expect(mismatches(endpoint, ["name": 5]) == ["/name type"])
    }

    @Test(
        "content types tell how a body is written",
        arguments: [
            ("application/json", .json), ("application/merge-patch+json", .json),
            ("Application/JSON; charset=utf-8", .json),
            ("application/x-www-form-urlencoded", .form), ("multipart/form-data", .multipart), ("text/plain", .text),
            ("application/soap+xml", .text), ("application/octet-stream", .base64), ("image/png", .base64),
        ] as [(String, RequestContent.Encoding)])
    func contentTypes(type: String, encoding: RequestContent.Encoding) throws {
        let endpoint = try endpoint(["content_type": .string(type)])
        #expect(endpoint.content.encoding == encoding && endpoint.content.type == type && endpoint.body == .whole)
    }

    @Test("text and bytes are given as strings, forms as objects")
    func contentSchemas() throws {
        let bytes = try endpoint(["content_type": "application/octet-stream"])
        #expect(
            bytes.arguments["properties"]?["body"] == ["type": "string", "contentEncoding": "base64"])
        for (type, schema) in [("text/plain", "object"), ("multipart/form-data", "string")] {
            let faults = Definitions.faults(
                "/endpoints/1/request_body", ["content_type": .string(type), "type": .string(schema)])
            #expect(faults.map { "\($0.pointer)" } == ["/endpoints/1/request_body/type"])
        }
    }

    @Test(
        "what no request can have is refused",
        arguments: ["json", "multipart/mixed", "*/*", "text/plain\r\nX: y", ""])
    func oddContentTypes(type: String) {
        let faults = Definitions.faults("/endpoints/1/request_body", ["content_type": .string(type)])
        #expect(faults.map { "\($0.pointer)" } == ["/endpoints/1/request_body/content_type"])
    }

    @Test("a parameter named body is refused only where the whole body is the argument of that name")
    func namedBody() throws {
        let parameters: JSON = ["id": "string", "body": "string"]
        #expect(throws: DefinitionError.self) { try endpoint(["type": "array"], parameters: parameters) }
        #expect(try endpoint(["a": "string"], parameters: parameters).body == .properties(["a"], isOpen: false))
    }
}
