import EgressPolicy
import Registry
import Testing
import Value

@Suite("Authentication of a definition")
struct AuthenticationTests {
    private func compile(_ type: JSON, _ config: JSON, in json: JSON = Definitions.direct) throws -> CompiledAPI {
        try Definitions.compile(Definitions.edit(json, "/authentication", ["type": type, "config": config]))
    }

    private func faults(_ type: JSON, _ config: JSON, in json: JSON = Definitions.direct) -> [String] {
        Definitions.faults("/authentication", ["type": type, "config": config], in: json).map { "\($0.pointer)" }
    }

    struct Unexpected: Error {}

    @Test("basic authentication takes a user name that is secret, or is written as a literal")
    func basic() throws {
        let secret = try compile("basic_auth", ["username": "u", "password": "p"])
        guard case .basic(.secret(let name), .secret(let password)) = secret.auth else { throw Unexpected() }
        #expect(name.field == "username" && password.reference == "vault://users/usr_1/apis/api_1/password")
        let literal = try compile("basic_auth", ["username": ["literal": "u"], "password": "p"])
        guard case .basic(.literal("u"), _) = literal.auth else { throw Unexpected() }
        #expect(literal.credentials.map(\.field) == ["password"])
    }

    @Test("Basic with an empty user or password sends it empty, and keeps nothing of it in the vault")
    func emptyBasic() throws {
        let key = try compile("basic_auth", ["username": "sk_1", "password": ""])
        guard case .basic(.secret, .literal("")) = key.auth else { throw Unexpected() }
        #expect(key.credentials.map(\.field) == ["username"])
        let token = try compile("basic_auth", ["username": "", "password": "t"])
        guard case .basic(.literal(""), .secret) = token.auth else { throw Unexpected() }
        #expect(faults("basic_auth", ["username": "", "password": ""]) == ["/authentication/config"])
        // What is stored reads back as the same.
        let stored = try Definitions.read(
            Definitions.edit(
                Definitions.direct, "/authentication",
                ["type": "basic_auth", "config": ["username": "sk_1", "password": ""]]))
        #expect(stored.stored["authentication"]?["config"]?["password"] == "")
    }

    @Test("two credentials at once have fields of their own, and keep them by their references when they move")
    func all() throws {
        let parts: [JSON] = [
            [
                "type": "oauth2",
                "config": ["client_id": "c", "client_secret": "s", "token_url": "https://id.example.com/token"],
            ],
            ["type": "api_key", "config": ["header_name": "Ocp-Apim-Subscription-Key", "key": "k"]],
            ["type": "api_key", "config": ["query_name": "app", "key": "k2"]],
        ]
        func document(_ parts: [JSON]) -> JSON {
            Definitions.edit(Definitions.direct, "/authentication", ["type": "all", "of": .array(parts)])
        }
        let first = try Definitions.read(document(parts))
        #expect(
            Set(first.secretFields) == ["of_0_client_id", "of_0_client_secret", "of_1_key", "of_2_key"])
        let shown = try #require(first.stored["authentication"]?["of"]?.array)
        #expect(shown[1]["config"]?["key"] == "vault://users/usr_1/apis/api_1/of_1_key")
        let api = try Definitions.compile(document(parts))
        #expect(api.auth.headerNames == ["Authorization", "Ocp-Apim-Subscription-Key"])
        #expect(api.auth.queryNames == ["app"])
        #expect(api.credentials.map(\.field) == ["of_0_client_id", "of_0_client_secret", "of_1_key", "of_2_key"])
        let stored = StoredAPI(
            id: "api_1", user: "usr_1", slug: "s", definition: first.stored, version: 1, created: 0, updated: 0)
        let moved = try CustomAPIDefinition(
            document([shown[2], shown[0]]),
            context: DefinitionContext(user: "usr_1", api: "api_1", existing: stored, tunnels: nil))
        #expect(moved.secretFields == ["of_2_key", "of_0_client_id", "of_0_client_secret"])
        #expect(moved.secrets.isEmpty)
    }

    @Test("credentials that set the same, are none or hold others cannot be sent at once")
    func allTwins() {
        func faults(_ parts: [JSON]) -> [String] {
            Definitions.faults("/authentication", ["type": "all", "of": .array(parts)], in: Definitions.direct)
                .map { "\($0.pointer)" }
        }
        let bearer: JSON = ["type": "bearer_token", "config": ["token": "t"]]
        #expect(
            faults([bearer, ["type": "basic_auth", "config": ["username": "u", "password": "p"]]]) == [
                "/authentication/of"
            ])
        let query: JSON = ["type": "api_key", "config": ["query_name": "k", "key": "a"]]
        #expect(faults([query, query]) == ["/authentication/of"])
        #expect(faults([]) == ["/authentication/of"])
        #expect(faults([bearer, ["type": "none"]]) == ["/authentication/of/1/type"])
        #expect(faults([bearer, ["type": "all", "of": []]]) == ["/authentication/of/1/type"])
        #expect(faults([bearer, "x"]) == ["/authentication/of/1"])
        #expect(
            faults([bearer, ["type": "api_key", "config": ["header_name": "X-K", "kee": "a"]]]) == [
                "/authentication/of/1/config/kee"
            ])
    }

    @Test("token_params and token_headers are known to everybody, unless they are written as values")
    func tokenExtras() throws {
        let config: JSON = [
            "client_id": "c", "client_secret": "s", "token_url": "https://id.example.com/token", "client_auth": "json",
            "token_params": ["audience": "https://api.example.com", "level": 3, "pin": ["value": "marked"]],
            "token_headers": ["X-Tenant": "abc", "X-Key": ["value": "marked too"]],
        ]
        let api = try compile("oauth2", config)
        guard case .oauth2(let plan) = api.auth else { throw Unexpected() }
        #expect(plan.clientAuthentication == .json)
        #expect(plan.parameters.map(\.name) == ["audience", "level", "pin"])
        #expect(plan.parameters[1].value == .literal("3"))
        #expect(
            api.credentials.map(\.field) == ["client_id", "client_secret", "token_param_pin", "token_header_x_key"])
        func wrong(_ key: String, _ value: JSON) -> [String] {
            var object = config.object ?? [:]
            object[key] = value
            return faults("oauth2", .object(object))
        }
        #expect(wrong("token_params", ["grant_type": "x"]) == ["/authentication/config/token_params/grant_type"])
        #expect(wrong("token_headers", ["Host": "x"]) == ["/authentication/config/token_headers/Host"])
        #expect(wrong("token_headers", ["X-A": "a\r\nb"]) == ["/authentication/config/token_headers/X-A"])
        #expect(wrong("token_params", ["a": ["b"]]) == ["/authentication/config/token_params/a"])
    }

    @Test("a user name with a colon is refused, secret or not", arguments: ["a:b", ["literal": "a:b"]] as [JSON])
    func colon(username: JSON) {
        #expect(
            faults("basic_auth", ["username": username, "password": "p"]) == ["/authentication/config/username"])
    }

    @Test("a password is never a literal")
    func literalPassword() {
        #expect(
            faults("basic_auth", ["username": "u", "password": ["literal": "p"]]) == ["/authentication/config/password"]
        )
    }

    @Test("custom headers are secret unless written as literals, each under a field of its own")
    func headers() throws {
        let api = try compile(
            "custom_header",
            [
                "headers": [
                    ["name": "X-Custom-Auth", "value": "marked"],
                    ["name": "X-Tenant-ID", "value": ["literal": "tenant_123"]],
                    ["name": "X-Other", "value": ["secret": "marked too"]],
                ]
            ])
        guard case .headers(let headers) = api.auth else { throw Unexpected() }
        #expect(headers.map(\.name) == ["X-Custom-Auth", "X-Tenant-ID", "X-Other"])
        #expect(headers[1].value == .literal("tenant_123"))
        #expect(api.credentials.map(\.field) == ["header_0", "header_2"])
    }

    @Test("a custom header keeps its field by its reference when the list changes")
    func movedHeader() throws {
        let first = try Definitions.read(
            Definitions.edit(
                Definitions.direct, "/authentication",
                [
                    "type": "custom_header",
                    "config": ["headers": [["name": "A", "value": "a"], ["name": "B", "value": "b"]]],
                ]))
        #expect(first.secrets.map(\.field) == ["header_0", "header_1"])
        var context = Definitions.context
        context.existing = Definitions.stored(first)
        let moved = Definitions.edit(
            first.stored, "/authentication/config/headers",
            [
                ["name": "C", "value": "c"],
                ["name": "A", "value": "vault://users/usr_1/apis/api_1/header_0"],
            ])
        let second = try Definitions.read(moved, context)
        #expect(second.secretFields == ["header_1", "header_0"])
        #expect(second.secrets.map(\.field) == ["header_1"] && second.secrets.first?.value == "c")
        let doubled = Definitions.edit(
            moved, "/authentication/config/headers/0/value", "vault://users/usr_1/apis/api_1/header_0")
        #expect(throws: DefinitionError.self) { try Definitions.read(doubled, context) }
    }

    @Test(
        "S8: a credential's header never frames or routes the message",
        arguments: ["Host", "content-length", "Content-Type", "Connection", "X-Forwarded-For", "a b", ":path"])
    func framingHeaders(name: String) {
        #expect(
            faults("custom_header", ["headers": [["name": .string(name), "value": "v"]]])
                == ["/authentication/config/headers/0/name"])
    }

    @Test("custom headers need names of their own, and something that can be sent")
    func oddHeaders() {
        let config: JSON = ["headers": [["name": "A", "value": ["literal": "x\r\ny"]], ["name": "a", "value": "v"]]]
        #expect(
            faults("custom_header", config)
                == ["/authentication/config/headers/0/value", "/authentication/config/headers/1/name"])
        #expect(faults("custom_header", ["headers": []]) == ["/authentication/config/headers"])
    }

    private static let oauth: JSON = [
        "client_id": "id", "client_secret": "s", "token_url": "https://auth.example.com/oauth/token?tenant=1",
        "scopes": ["read", "write"],
    ]

    @Test("OAuth fetches tokens with the client's credentials, directly or by the API's own way")
    func oauth() throws {
        guard case .oauth2(let plan) = try compile("oauth2", Self.oauth).auth else { throw Unexpected() }
        #expect(plan.origin.authority == "auth.example.com" && plan.target.raw == "/oauth/token?tenant=1")
        #expect(plan.scopes == ["read", "write"] && plan.grant == .clientCredentials)
        #expect(plan.clientAuthentication == .basic && plan.way == .direct)
        #expect(plan.credentials.map(\.field) == ["client_id", "client_secret"])
        guard case .oauth2(let tunnelled) = try compile("oauth2", Self.oauth, in: Definitions.crm).auth else {
            throw Unexpected()
        }
        #expect(tunnelled.way == .tunnel)
        let direct = Definitions.edit(Self.oauth, "/via", "direct")
        guard case .oauth2(let plan) = try compile("oauth2", direct, in: Definitions.crm).auth else {
            throw Unexpected()
        }
        #expect(plan.way == .direct)
    }

    @Test("OAuth takes a refresh token, or a user's password; a client secret is optional then")
    func grants() throws {
        var config: JSON = [
            "client_id": "id", "token_url": "https://a.example/t", "grant": "refresh_token", "refresh_token": "r",
            "client_auth": "post", "scopes": "a b",
        ]
        guard case .oauth2(let refresh) = try compile("oauth2", config).auth else { throw Unexpected() }
        #expect(refresh.credentials.map(\.field) == ["client_id", "refresh_token"])
        #expect(refresh.clientAuthentication == .post && refresh.scopes == ["a", "b"])
        config = [
            "client_id": "id", "client_secret": "s", "token_url": "https://a.example/t", "grant": "password",
            "username": "u", "password": "p",
        ]
        guard case .oauth2(let password) = try compile("oauth2", config).auth else { throw Unexpected() }
        #expect(password.credentials.map(\.field) == ["client_id", "client_secret", "username", "password"])
    }

    @Test(
        "what OAuth cannot use is named",
        arguments: [
            ("/token_url", nil, "token_url"), ("/token_url", "auth.example.com", "token_url"),
            ("/token_url", "http://auth.example.com/t", "token_url"),
            ("/token_url", "https://169.254.169.254/t", "token_url"),
            ("/token_url", "https://a.example/x#y", "token_url"), ("/grant", "implicit", "grant"),
            ("/refresh_token", "r", "refresh_token"), ("/username", "u", "username"), ("/via", "tunnel", "via"),
            ("/client_auth", "jwt", "client_auth"), ("/scopes", ["a b"], "scopes/0"), ("/scope", "a", "scope"),
        ] as [(String, JSON?, String)])
    func oddOAuth(pointer: String, value: JSON?, place: String) {
        #expect(
            faults("oauth2", Definitions.edit(Self.oauth, pointer, value)) == ["/authentication/config/\(place)"])
    }

    @Test("a secret part of the URL may stand in the base URL's path and query")
    func secretBase() throws {
        let base = Definitions.edit(
            Definitions.direct, "/connection/base_url", "https://hooks.example.com/catch/{secret}?v=1%2F2&sig=a{secret}"
        )
        let api = try compile("url_secret", ["secret": "s3"], in: base)
        guard case .url(let credential) = api.auth else { throw Unexpected() }
        #expect(credential.field == "secret")
        #expect(try api.secretPrefix?.render(["secret": "a b"]) == "/catch/a%20b")
        #expect(api.fixedQuery.map(\.name) == ["v", "sig"])
        #expect(api.fixedQuery.map { $0.value(secret: "X") } == ["1/2", "aX"])
        #expect(api.fixedQuery.map(\.holdsSecret) == [false, true])
    }

    @Test("a secret part of the URL may stand in an endpoint's path and query; nothing else is a parameter then")
    func secretPath() throws {
        let json = Definitions.edit(
            Definitions.direct, "/endpoints",
            [["name": "fire", "method": "POST", "path": "/catch/{secret}?k={secret}"]]
        )
        let api = try compile("url_secret", ["secret": "s3"], in: json)
        let fire = try #require(api.endpoint(named: "fire"))
        #expect(fire.template.names == ["secret"] && fire.parameters.isEmpty)
        #expect(fire.fixedQuery.map { $0.value(secret: "X") } == ["X"])
        #expect(
            faults(
                "url_secret", ["secret": "s"],
                in: Definitions.edit(
                    json, "/endpoints/0/parameters", [["name": "secret", "in": "path", "type": "string"]]))
                == ["/endpoints/0/parameters"])
        #expect(
            faults("url_secret", ["secret": "s"], in: Definitions.edit(json, "/endpoints/0/security", []))
                == ["/endpoints/0/security"])
    }

    @Test("{secret} and url_secret need each other")
    func secretAlone() {
        #expect(faults("url_secret", ["secret": "s"]) == ["/authentication/type"])
        #expect(
            Definitions.faults("/connection/base_url", "https://h.example/{secret}", in: Definitions.direct)
                .map { "\($0.pointer)" } == ["/connection/base_url"])
    }
}
