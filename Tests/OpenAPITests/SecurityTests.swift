import Drafts
import OpenAPI
import Registry
import Testing
import Value

@Suite struct SecurityTests {
    private func draft(_ schemes: String, _ security: String, _ paths: String = "/a: {get: {}}") throws -> Draft {
        let draft = try importing(
            document(paths, "security: \(security)\ncomponents:\n  securitySchemes: \(schemes)"))
        _ = try draft.accepted()
        return draft
    }

    @Test(
        "I: security schemes become authentication",
        arguments: [
            ("{type: apiKey, in: header, name: X-Key}", #"{"type": "api_key", "config": {"header_name": "X-Key"}}"#),
            ("{type: apiKey, in: query, name: key}", #"{"type": "api_key", "config": {"query_name": "key"}}"#),
            ("{type: apiKey, in: cookie, name: sid}", #"{"type": "api_key", "config": {"cookie_name": "sid"}}"#),
            ("{type: http, scheme: Bearer}", #"{"type": "bearer_token", "config": {}}"#),
            ("{type: http, scheme: basic}", #"{"type": "basic_auth", "config": {}}"#),
            (
                "{type: http, scheme: Token}",
                #"{"type": "api_key", "config": {"header_name": "Authorization", "prefix": "Token "}}"#
            ),
            (
                "{type: openIdConnect, openIdConnectUrl: 'https://id.example.com'}",
                #"{"type": "bearer_token", "config": {}}"#
            ),
            (
                "{type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://id.example.com/token', scopes: {read: a}}}}",
                #"{"type": "oauth2", "config": {"token_url": "https://id.example.com/token", "scopes": ["read"]}}"#
            ),
            (
                "{type: oauth2, flows: {authorizationCode: {tokenUrl: /token, authorizationUrl: /a, scopes: {}}}}",
                #"{"type": "bearer_token", "config": {}}"#
            ),
            (
                "{type: oauth2, flows: {password: {tokenUrl: /token, scopes: {}}}}",
                #"{"type": "oauth2", "config": {"grant": "password", "token_url": "https://boats.example.com/token", "scopes": ["read"]}}"#
            ),
        ])
    func kinds(_ row: (scheme: String, authentication: String)) throws {
        let draft = try draft("{s: \(row.scheme)}", "[{s: [read]}]")
        #expect(draft.definition["authentication"] == (try JSON.parse(row.authentication)))
        #expect(draft.codes.contains("credentials_wanted"))
    }

    @Test(
        "I: http:// token URLs behind a tunnel and templated ones are client credentials, and no person agrees",
        arguments: [
            ("http://sso.corp:8080/token", "http://sso.corp:8080/token", true, nil),
            ("http://sso.corp:8080/token", "http://sso.corp:8080/token", false, "token_url_needs_tunnel"),
            ("https://login.example.com/{tenant}/token", nil, false, "token_url_missing"),
            ("https://{tenant}.example.com/token", nil, true, "token_url_missing"),
            ("https://{region}.example.com/token", "https://eu.example.com/token", false, nil),
            ("/oauth/token", "https://eu.example.com/oauth/token", false, nil),
            ("nonsense://x", nil, false, "token_url_missing"), ("", nil, false, "token_url_missing"),
        ] as [(String, String?, Bool, String?)])
    func tokenURLs(_ row: (written: String, url: String?, hasTunnel: Bool, code: String?)) throws {
        let text = """
            openapi: 3.0.0
            servers: [{url: 'https://{region}.example.com', variables: {region: {default: eu}}}]
            security: [{s: []}]
            components:
              securitySchemes: {s: {type: oauth2, flows: {clientCredentials: {tokenUrl: '\(row.written)', scopes: {}}}}}
            paths: {/a: {get: {}}}
            """
        let draft = try importing(text, options: ImportOptions(tunnel: row.hasTunnel ? "tun_1" : nil))
        #expect(draft.definition["authentication"]?["type"] == "oauth2")
        #expect(draft.definition["authentication"]?["config"]?["token_url"]?.string == row.url)
        #expect(draft.codes.filter { $0.hasPrefix("token_url_") } == [row.code].compactMap(\.self))
        #expect(!draft.codes.contains("security_token"))
        if row.hasTunnel, row.url != nil {
            let context = DefinitionContext(user: "ada", api: "api_1", tunnels: ["tun_1"])
            _ = try CustomAPIDefinition(draft.whole, context: context)
        }
        let given = try importing(text, options: ImportOptions(tokenURL: "https://mine.example.com/t"))
        #expect(given.definition["authentication"]?["config"]?["token_url"] == "https://mine.example.com/t")
        #expect(!given.codes.contains { $0.hasPrefix("token_url_") })
    }

    @Test(
        "I: security that cannot be sent is told, and the draft stands without",
        arguments: [
            "{type: http, scheme: digest}", "{type: apiKey, in: header, name: Host}", "{type: banana}", "{}",
            "{type: apiKey, in: header}", "{$ref: '#/nowhere'}",
            "{type: apiKey, in: header, name: \(String(repeating: "K", count: 257))}",
            "{type: apiKey, in: query, name: \(String(repeating: "k", count: 1 << 17))}",
            "{type: http, scheme: \(String(repeating: "s", count: 2000))}",
        ])
    func unsupported(_ scheme: String) throws {
        let draft = try draft("{s: \(scheme)}", "[{s: []}]")
        #expect(draft.definition["authentication"] == nil)
        #expect(draft.codes.contains("security_unsupported"))
        #expect(draft.operations.map(\.outcome) == [.importedWithChanges])
    }

    @Test("I: a client certificate is left to the owner with a finding")
    func certificate() throws {
        let draft = try draft("{s: {type: mutualTLS}, k: {type: apiKey, in: header, name: K}}", "[{s: [], k: []}]")
        #expect(draft.definition["authentication"]?["type"] == "api_key")
        #expect(draft.codes.contains("security_certificate"))
        #expect(draft.operations.map(\.outcome) == [.imported])
    }

    @Test("I: security: [] and an empty alternative are respected; other alternatives are told")
    func levels() throws {
        let draft = try draft(
            "{a: {type: apiKey, in: header, name: A}, b: {type: http, scheme: basic}}", "[{a: []}]",
            """
            /one: {get: {operationId: one}, put: {operationId: two, security: []}}
            /two: {get: {operationId: three, security: [{b: []}, {a: []}]}, put: {operationId: four, security: [{b: []}]}}
            /three: {get: {operationId: five, security: [{}, {b: []}]}, put: {operationId: six, security: [{}, {a: []}]}}
            """)
        #expect(draft.definition["authentication"]?["config"] == ["header_name": "A"])
        #expect(draft.endpoints.map { $0["security"] == [] } == [false, true, false, false, true, false])
        #expect(draft.findings("security_differs").map { "\($0.pointer)" } == ["/paths/~1two/put/security"])
    }

    @Test("I: operations that name no security while others do are public, and 2.0's names are read")
    func publicOnes() throws {
        let draft = try importing(
            """
            swagger: '2.0'
            host: boats.example.com
            securityDefinitions: {o: {type: oauth2, flow: application, tokenUrl: 'https://id.example.com/t', scopes: {a: b}}}
            paths: {/a: {get: {security: [{o: [a]}]}, put: {}}}
            """)
        #expect(draft.definition["authentication"]?["type"] == "oauth2")
        #expect(try draft.accepted().endpoints.map(\.sendsCredential) == [true, false])
    }

    @Test("I: two credentials at once, be they an OAuth token and a subscription key, are all sent")
    func together() throws {
        let schemes =
            "{a: {type: apiKey, in: header, name: A}, b: {type: apiKey, in: header, name: B}, q: {type: apiKey, in: query, name: q}}"
        let both = try draft(schemes, "[{a: [], b: []}]", "/a: {get: {}, put: {security: [{b: []}]}}")
        let key: (String, String) -> JSON = { ["type": "api_key", "config": .object([$0: .string($1)])] }
        #expect(
            both.definition["authentication"]
                == ["type": "all", "of": [key("header_name", "A"), key("header_name", "B")]])
        #expect(both.operations.map(\.outcome) == [.imported, .imported])
        let mixed = try draft(schemes, "[{a: [], q: []}]")
        #expect(
            mixed.definition["authentication"]
                == ["type": "all", "of": [key("header_name", "A"), key("query_name", "q")]])
        #expect(mixed.operations.map(\.outcome) == [.imported])
        let token = try draft(
            "{o: {type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://id.example.com/t', scopes: {}}}}, "
                + "k: {type: apiKey, in: header, name: Ocp-Apim-Subscription-Key}}", "[{o: [read], k: []}]")
        #expect(
            token.definition["authentication"]?["of"] == [
                key("header_name", "Ocp-Apim-Subscription-Key"),
                ["type": "oauth2", "config": ["token_url": "https://id.example.com/t", "scopes": ["read"]]],
            ])
        #expect(
            token.findings("credentials_wanted").first?.message.contains("of[1].config.client_secret") == true)
        // Of two in one place only one can be sent.
        let twins = try draft("{b: {type: http, scheme: bearer}, c: {type: http, scheme: basic}}", "[{b: [], c: []}]")
        #expect(twins.definition["authentication"]?["type"] == "bearer_token")
        #expect(twins.operations.map(\.outcome) == [.importedWithChanges])
    }

    @Test("I: schemes that nothing refers to are sent with every call, and that is told")
    func assumed() throws {
        let draft = try importing(
            document("/a: {get: {}}", "components: {securitySchemes: {k: {type: apiKey, in: query, name: k}}}"))
        #expect(draft.definition["authentication"]?["type"] == "api_key")
        #expect(draft.codes.contains("security_assumed"))
        #expect(try draft.accepted().endpoints[0].sendsCredential)
    }

    @Test("I: without schemes, a header that nearly every operation takes for credentials is the credential")
    func fromParameter() throws {
        let key = "{name: API-Key, in: header, required: true, schema: {type: string}}"
        let draft = try importing(
            document("/a: {get: {parameters: [\(key)]}, put: {parameters: [\(key)]}}\n/b: {get: {parameters: []}}"))
        #expect(draft.definition["authentication"]?["config"] == ["header_name": "API-Key"])
        #expect(draft.findings("security_from_parameter").count == 1)
        #expect(try draft.accepted().endpoints.map { $0.parameters.count } == [0, 0, 0])
        let one = try importing(document("/a: {get: {parameters: [\(key)]}, put: {}}\n/b: {get: {}}"))
        #expect(one.definition["authentication"] == nil)
        #expect(try one.accepted().endpoints.map { $0.parameters.count } == [1, 0, 0])
    }

    @Test("I: a parameter that carries the credential is no argument")
    func parameter() throws {
        let draft = try draft(
            "{s: {type: apiKey, in: header, name: X-Key}}", "[{s: []}]",
            """
            /a:
              parameters: [{name: x-key, in: header, required: true, schema: {type: string}}]
              get: {operationId: a}
              put: {operationId: b, security: []}
            """)
        #expect(draft.findings("parameter_is_credential").count == 1)
        #expect(try draft.accepted().endpoints.map { $0.parameters.count } == [0, 1])
    }
}
