import Registry
import Testing
import Value

@Suite("Definition faults")
struct DefinitionFaultTests {
    @Test(
        "what does not follow the schema is invalid, and named by its pointer",
        arguments: [
            ("/name", nil), ("/name", ""), ("/name", 5), ("/slug", "Bad-Slug"), ("/connection", nil),
            ("/connection/base_url", "ftp://x"), ("/connection/base_url", "http://user:pw@host/"),
            ("/connection/base_url", "http://host/?q=1"), ("/connection/base_url", "http://0x7f.1/"),
            ("/connection/timeout_ms", 0), ("/connection/timeout_ms", "30"), ("/connection/verify_tls", true),
            ("/authentication/type", "apikey"), ("/authentication/type", nil), ("/authentication/header_name", "X"),
            ("/authentication/config/header_name", "Host"), ("/authentication/config/header_name", "X Key"),
            ("/authentication/config/header_name", "Transfer-Encoding"), ("/authentication/config/prefix", "a\r\nb"),
            ("/authentication/config/key", ""), ("/authentication/config/key", 7),
            ("/endpoints", []), ("/endpoints/0/name", "get customer"), ("/endpoints/1/name", "get_customer"),
            ("/endpoints/0/path", "customers"), ("/endpoints/0/path", "/a/../{customer_id}"),
            ("/endpoints/0/request_body", ["type": "object"]), ("/endpoints/0/parameters/0/required", false),
            ("/endpoints/0/parameters/1/name", "customer_id"), ("/endpoints/0/parameters/1/allow_slash", true),
            ("/endpoints/0/parameters/1/in", "body"), ("/endpoints/0/security", ["key"]),
            ("/security/url_allowlist", ["not a url"]), ("/security/validation", "none"), ("/security/proxy", "yes"),
            ("/tunnel/tunnel_id", nil), ("/tunnel/tunnel_id", "tun_of_another"), ("/tunnel/type", nil),
            ("/tunnel/type", "vpn"), ("/rate_limit", [:]),
        ] as [(String, JSON?)])
    func invalid(pointer: String, value: JSON?) {
        let faults = Definitions.faults(pointer, value)
        #expect(
            faults.contains {
                $0.kind == .invalid && "\($0.pointer)".hasPrefix(pointer) || pointer == "/endpoints/0/request_body"
            })
    }

    @Test(
        "what this version cannot do is refused as such, never accepted and ignored",
        arguments: [
            ("/authentication", ["type": "oauth2", "config": ["client_id": "x"]], "/authentication/type"),
            ("/authentication", ["type": "basic_auth", "config": ["username": "x"]], "/authentication/type"),
            ("/authentication", ["type": "custom_header", "config": ["headers": []]], "/authentication/type"),
            ("/authentication", ["type": "url_secret"], "/authentication/type"),
            ("/tunnel/enabled", false, "/tunnel/enabled"), ("/tunnel/type", "cloudflare", "/tunnel/type"),
            ("/tunnel/access", ["client_id": "x"], "/tunnel/access"),
            ("/security/rate_limit", ["requests_per_minute": 60], "/security/rate_limit"),
            ("/security/ip_allowlist", ["10.0.0.0/8"], "/security/ip_allowlist"),
            ("/endpoints/0/response_schema", ["type": "object"], "/endpoints/0/response_schema"),
            ("/endpoints/1/request_body", ["type": "object"], "/endpoints/1/request_body"),
            ("/endpoints/0/approval", "required", "/endpoints/0/approval"),
            ("/endpoints/0/parameters/1/in", "header", "/endpoints/0/parameters/1/in"),
            ("/endpoints/0/parameters/1/in", "cookie", "/endpoints/0/parameters/1/in"),
            ("/endpoints/0/parameters/1/style", "deepObject", "/endpoints/0/parameters/1/style"),
            ("/endpoints/0/parameters/1/schema/enum", [1], "/endpoints/0/parameters/1/schema/enum"),
            ("/endpoints/0/parameters/1/schema/type", "array", "/endpoints/0/parameters/1/schema/type"),
            ("/connection/retry_attempts", 3, "/connection/retry_attempts"),
            ("/connection/verify_ssl", false, "/connection/verify_ssl"),
            ("/connection/follow_redirects", true, "/connection/follow_redirects"),
            ("/connection/client_certificate", "pem", "/connection/client_certificate"),
        ] as [(String, JSON, String)])
    func notImplemented(pointer: String, value: JSON, place: String) {
        // Direct calls over http are a matter of what is allowed, so the base is https here.
        var tokens: ArraySlice<String> = ["connection", "base_url"]
        let json = Definitions.edit(Definitions.crm, &tokens, "https://crm.corp.example/api")
        let faults = Definitions.faults(pointer, value, in: json)
        #expect(faults.map { "\($0.pointer)" } == [place])
        #expect(faults.map(\.kind) == [.notImplemented])
        #expect(faults.first?.message.hasSuffix("not available in this version.") == true)
    }

    @Test("without a tunnel, http and addresses that are not public are not allowed")
    func withoutTunnel() throws {
        for (base, count) in [
            ("http://crm.corp.example", 1), ("http://127.0.0.1", 2), ("https://[fd00::1]/", 1), ("https://8.8.8.8", 0),
        ] {
            var tokens: ArraySlice<String> = ["tunnel"]
            let json = Definitions.edit(Definitions.crm, &tokens, nil)
            let faults = Definitions.faults("/connection/base_url", .string(base), in: json)
            #expect(faults.filter { $0.kind == .urlNotAllowed }.count == count)
            #expect(DefinitionErrorKind.of(faults) == (count > 0 ? .urlNotAllowed : .notImplemented))
        }
    }

    @Test("an endpoint may say that it sends no credential")
    func publicEndpoint() throws {
        var tokens: ArraySlice<String> = ["endpoints", "0", "security"]
        let json = Definitions.edit(Definitions.crm, &tokens, [])
        let api = try CompiledAPI(stored: Definitions.stored(Definitions.read(json)))
        #expect(api.endpoints.map(\.sendsCredential) == [false, true])
    }

    @Test("with validation off, schemas are kept and shown; the short form is expanded")
    func documented() throws {
        var tokens: ArraySlice<String> = ["security"]
        var json = Definitions.edit(Definitions.crm, &tokens, ["validation": "off"])
        tokens = ["endpoints", "1", "request_body"]
        json = Definitions.edit(json, &tokens, ["query": "string", "limit": "integer"])
        tokens = ["endpoints", "1", "response_schema"]
        json = Definitions.edit(json, &tokens, ["type": "array", "items": ["$ref": "#/endpoints/0/response_schema"]])
        let api = try CompiledAPI(stored: Definitions.stored(Definitions.read(json)))
        let search = try #require(api.endpoint(named: "search_customers"))
        #expect(search.body == .properties(["query", "limit"]))
        #expect(search.arguments["properties"] == ["query": ["type": "string"], "limit": ["type": "integer"]])
        #expect(search.response?["type"] == "array")
    }

    @Test("where a body property has a parameter's name, the whole body is one argument")
    func bodyCollision() throws {
        var tokens: ArraySlice<String> = ["security"]
        var json = Definitions.edit(Definitions.crm, &tokens, ["validation": "off"])
        tokens = ["endpoints", "1"]
        json = Definitions.edit(
            json, &tokens,
            [
                "name": "put", "method": "PUT", "path": "/c/{id}",
                "parameters": [["name": "id", "in": "path", "type": "string"]],
                "request_body": ["type": "object", "properties": ["id": ["type": "string"]]],
            ])
        let api = try CompiledAPI(stored: Definitions.stored(Definitions.read(json)))
        #expect(api.endpoint(named: "put")?.body == .whole)
        #expect(api.endpoint(named: "put")?.arguments["properties"]?.object?.keys == ["id", "body"])
    }

    @Test("null counts as absent, as in the documented configuration")
    func nulls() {
        for pointer in ["/security/ip_allowlist", "/security/rate_limit", "/connection/client_key", "/description"] {
            #expect(Definitions.faults(pointer, .null).isEmpty)
        }
    }
}

/// What a list of faults amounts to, by the same rule as `DefinitionError.kind`.
enum DefinitionErrorKind {
    static func of(_ faults: [DefinitionFault]) -> DefinitionFault.Kind? {
        let kinds = faults.map(\.kind)
        return [.invalid, .urlNotAllowed, .notImplemented].first { kinds.contains($0) }
    }
}
