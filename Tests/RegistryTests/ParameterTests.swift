import EgressPolicy
import Registry
import Testing
import Value

@Suite("Parameters of a definition")
struct ParameterTests {
    private func endpoint(_ parameters: JSON, path: JSON = "/customers/{id}") throws -> CompiledEndpoint {
        let json = Definitions.edit(
            Definitions.direct, "/endpoints", [["name": "e", "method": "GET", "path": path, "parameters": parameters]])
        return try #require(Definitions.compile(json).endpoint(named: "e"))
    }

    private func faults(_ parameter: JSON, in json: JSON = Definitions.direct) -> [String] {
        Definitions.faults("/endpoints/0/parameters/1", parameter, in: json).map { "\($0.pointer)" }
            .map { $0.replacing("/endpoints/0/parameters/1", with: "") }
    }

    @Test("parameters in all four places have OpenAPI's styles by default")
    func places() throws {
        let endpoint = try endpoint(
            [
                ["name": "id", "in": "path", "type": "array", "items": ["type": "string"]],
                ["name": "q", "in": "query", "schema": ["type": "array"], "allowReserved": true],
                ["name": "X-Trace", "in": "header"], ["name": "sid", "in": "cookie"],
                ["name": "filter", "in": "query", "style": "deepObject", "type": "object"],
                ["name": "tags", "in": "query", "style": "pipeDelimited", "type": "array"],
            ])
        let parameters = endpoint.parameters
        #expect(parameters.map(\.location) == [.path, .query, .header, .cookie, .query, .query])
        #expect(parameters.map(\.format.style) == [.simple, .form, .simple, .form, .deepObject, .pipeDelimited])
        #expect(parameters.map(\.format.explode) == [false, true, false, true, true, false])
        #expect(parameters.map(\.format.allowsReserved) == [false, true, false, false, false, false])
        #expect(parameters.map(\.isRequired) == [true, false, false, false, false, false])
    }

    @Test("the short type takes the usual keywords beside it, and they are validated")
    func short() throws {
        let endpoint = try endpoint([
            ["name": "id", "in": "path", "type": "string", "pattern": "^c", "maxLength": 5],
            ["name": "n", "in": "query", "type": "integer", "minimum": 1, "maximum": 9, "default": 3],
            ["name": "k", "in": "query", "enum": ["a", "b"]],
        ])
        #expect(endpoint.argumentSchema.mismatches(of: ["id": "c1", "n": 9, "k": "b"]).isEmpty)
        let mismatches = endpoint.argumentSchema.mismatches(of: ["id": "d", "n": 10, "k": "c", "x": 1])
        #expect(Set(mismatches.map { "\($0.pointer)" }).isSuperset(of: ["/id", "/n", "/k", "/x"]))
    }

    @Test("the wizard's short form of parameters finds each its place")
    func wizard() throws {
        let endpoint = try endpoint(["id": "string", "limit": "integer", "X-Id": ["type": "string", "in": "header"]])
        #expect(endpoint.parameters.map(\.name) == ["id", "limit", "X-Id"])
        #expect(endpoint.parameters.map(\.location) == [.path, .query, .header])
        let faults = Definitions.faults(
            "/endpoints/0/parameters", ["customer_id": "string", "n": "int"], in: Definitions.direct)
        #expect(faults.map { "\($0.pointer)" } == ["/endpoints/0/parameters/n/type"])
    }

    @Test(
        "S8: no argument can set a reserved header",
        arguments: [
            "Host", "Authorization", "Cookie", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade",
            "X-Forwarded-Host", "Proxy-Authorization", "X-HTTP-Method-Override", "x_http_method_override",
            "Content-Type", ":authority", "X-API-Key", "x-api-key",
        ])
    func reserved(name: String) {
        #expect(faults(["name": .string(name), "in": "header"]) == ["/name"])
    }

    @Test("no argument can set what the API's credential sets")
    func credential() {
        let query = Definitions.edit(
            Definitions.direct, "/authentication/config", ["query_name": "api_key", "key": "k"])
        #expect(faults(["name": "api_key", "in": "query"], in: query) == ["/name"])
        let cookie = Definitions.edit(Definitions.direct, "/authentication/config", ["cookie_name": "sid", "key": "k"])
        #expect(faults(["name": "sid", "in": "cookie"], in: cookie) == ["/name"])
        let open = Definitions.edit(query, "/endpoints/0/security", [])
        #expect(faults(["name": "api_key", "in": "query"], in: open).isEmpty)
    }

    @Test(
        "what a parameter cannot be is named",
        arguments: [
            (["name": "a", "in": "query", "style": "simple"], "/style"),
            (["name": "a", "in": "header", "style": "form"], "/style"),
            (["name": "a", "in": "header", "allowReserved": true], "/allowReserved"),
            (["name": "a", "in": "query", "allow_slash": true], "/allow_slash"),
            (["name": "a", "in": "query", "type": "int"], "/type"),
            (["name": "a", "in": "query", "min": 3], "/min"),
            (["name": "a", "in": "query", "enum": ["x"], "schema": ["type": "string"]], "/enum"),
            (["name": "a", "in": "query", "minimum": "x"], "/minimum"),
            (["name": "a", "in": "query", "schema": ["type": "strin"]], "/schema/type"),
            (["name": "a", "in": "query", "schema": 5], "/schema"),
            (["name": "a", "in": "formData"], "/in"), (["name": "customer_id", "in": "query"], "/name"),
        ] as [(JSON, String)])
    func odd(parameter: JSON, place: String) {
        #expect(faults(parameter) == [place])
    }

    @Test("S6: a path parameter may hold slashes only where it says so")
    func slashes() throws {
        #expect(
            try endpoint([["name": "id", "in": "path", "allow_slash": true]]).slashParameters == ["id"])
        #expect(try endpoint([["name": "id", "in": "path"]]).slashParameters.isEmpty)
    }
}
