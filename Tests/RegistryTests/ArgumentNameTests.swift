import Registry
import Testing
import Value

@Suite("Arguments, contents and fields")
struct ArgumentNameTests {
    private func definition(_ endpoint: JSONObject) -> JSON {
        var whole: JSONObject = ["name": "e", "method": "POST", "path": "/c/{id}"]
        for (key, value) in endpoint { whole[key] = value }
        return Definitions.edit(Definitions.direct, "/endpoints", [.object(whole)])
    }

    private func endpoint(_ endpoint: JSONObject) throws -> CompiledEndpoint {
        try #require(Definitions.compile(definition(endpoint)).endpoint(named: "e"))
    }

    private func faults(_ endpoint: JSONObject) -> [String] {
        let context = DefinitionContext(user: "ada", api: "api_1", tunnels: nil)
        do throws(DefinitionError) {
            _ = try CustomAPIDefinition(definition(endpoint), context: context)
            return []
        } catch { return error.faults.map { "\($0.pointer)" } }
    }

    @Test("I: parameters of one name in several places are told apart by their arguments")
    func arguments() throws {
        let endpoint = try endpoint([
            "parameters": [
                ["name": "id", "in": "path", "type": "string"],
                ["name": "id", "in": "query", "argument": "id_2", "type": "integer", "required": true],
            ]
        ])
        #expect(endpoint.parameters.map(\.name) == ["id", "id"])
        #expect(endpoint.parameters.map(\.argument) == ["id", "id_2"])
        #expect(endpoint.arguments["required"] == ["id", "id_2"])
        #expect(endpoint.argumentSchema.mismatches(of: ["id": "a", "id_2": 1]).isEmpty)
    }

    @Test("two parameters of one argument, or of one name in one place, are a fault")
    func twice() {
        let path: JSON = ["name": "id", "in": "path"]
        let cases: [(JSON, String)] = [
            (["name": "id", "in": "query"], "/endpoints/0/parameters/1/name"),
            (["name": "x", "in": "query", "argument": "id"], "/endpoints/0/parameters/1/argument"),
            (["name": "id", "in": "path", "argument": "other"], "/endpoints/0/parameters/1/name"),
            (["name": "x", "in": "query", "argument": ""], "/endpoints/0/parameters/1/argument"),
        ]
        for (parameter, place) in cases {
            #expect(faults(["parameters": [path, parameter]]).contains(place))
        }
    }

    @Test("a parameter may be written as JSON, and as nothing else")
    func content() throws {
        let path: JSON = ["name": "id", "in": "path"]
        let json: JSON = ["name": "f", "in": "query", "content_type": "application/json", "schema": ["type": "object"]]
        #expect(try endpoint(["parameters": [path, json]]).parameters.map(\.isJSON) == [false, true])
        let xml: JSON = ["name": "f", "in": "query", "content_type": "application/xml"]
        #expect(faults(["parameters": [path, xml]]) == ["/endpoints/0/parameters/1/content_type"])
        let both: JSON = ["name": "f", "in": "query", "content_type": "application/json", "style": "form"]
        #expect(faults(["parameters": [path, both]]) == ["/endpoints/0/parameters/1/style"])
    }

    @Test("a body of false says that there is none")
    func noBody() throws {
        let endpoint = try endpoint(["parameters": ["id": "string"], "request_body": false])
        #expect(endpoint.body == .none && !endpoint.requiresBody)
        #expect(endpoint.argumentSchema.mismatches(of: ["id": "a", "body": 1]).count == 1)
    }

    @Test("fields of forms have encodings of their own")
    func fields() throws {
        let body = { (type: String, encoding: JSON) -> JSONObject in
            [
                "parameters": ["id": "string"],
                "request_body": [
                    "type": "object", "properties": ["a": ["type": "string"]], "content_type": .string(type),
                    "encoding": encoding,
                ],
            ]
        }
        let multipart = try endpoint(body("multipart/form-data", ["a": ["base64": true, "content_type": "image/png"]]))
        var file = FieldEncoding(isFile: true, type: "image/png")
        file.nameArgument = "a_filename"
        file.typeArgument = "a_content_type"
        #expect(multipart.content.fields == ["a": file])
        #expect(multipart.body == .properties(["a", "a_filename", "a_content_type"], isOpen: false))
        let form = "application/x-www-form-urlencoded"
        let deep = try endpoint(body(form, ["a": ["style": "deepObject"]]))
        #expect(deep.content.fields == ["a": FieldEncoding(style: .deep)])
        #expect(faults(body(form, ["a": ["base64": true]])) == ["/endpoints/0/request_body/encoding/a"])
        #expect(faults(body("text/plain", ["a": [:]])).contains("/endpoints/0/request_body/encoding"))
        #expect(faults(body(form, ["a": ["explodes": true]])) == ["/endpoints/0/request_body/encoding/a/explodes"])
    }
}
