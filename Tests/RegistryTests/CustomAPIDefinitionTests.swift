import EgressPolicy
import Registry
import Testing
import Value

@Suite("Definition")
struct CustomAPIDefinitionTests {
    @Test("a good definition gives its name, a slug, its secrets, and a form to store that holds only references")
    func good() throws {
        let definition = try Definitions.read(Definitions.crm)
        #expect(definition.name == "My Company CRM" && definition.slug == "my_company_crm")
        #expect(definition.secrets.map(\.field) == ["key"] && definition.secrets.first?.value == "marked-secret")
        #expect(definition.secretFields == ["key"])
        #expect(!definition.stored.text().contains("marked-secret"))
        #expect(
            definition.stored["authentication"]?["config"]
                == ["header_name": "X-API-Key", "key": "vault://users/usr_1/apis/api_1/key"])
    }

    @Test("the custom_api wrapper, and what the relay writes itself, change nothing")
    func wrapped() throws {
        var inner = try #require(Definitions.crm.object)
        inner["id"] = "api_abc123"
        inner["user_id"] = "somebody"
        inner["slug"] = "crm"
        inner["metadata"] = ["total_calls": 7]
        let definition = try Definitions.read(["custom_api": .object(inner)])
        #expect(definition.slug == "crm")
        #expect(try definition.stored == Definitions.read(Definitions.crm).stored)
    }

    @Test("a compiled definition has what a call needs")
    func compiled() throws {
        let api = try CompiledAPI(stored: Definitions.stored(Definitions.read(Definitions.crm), version: 3))
        #expect(api.base.origin.authority == "crm.corp.example:8080" && api.base.pathPrefix == "/api/v1")
        #expect(api.timeout == .seconds(5) && api.route == .tunnel(id: "tun_1") && api.etag == "\"api_1-3\"")
        guard case .header("X-API-Key", "", let credential) = api.auth else { throw Unexpected() }
        #expect(credential.reference == "vault://users/usr_1/apis/api_1/key")
        let get = try #require(api.endpoint(named: "get_customer"))
        #expect(get.method == "GET" && get.template.description == "/customers/{customer_id}" && get.body == .none)
        #expect(get.parameters.map(\.isRequired) == [true, false])
        #expect(
            get.arguments == [
                "type": "object",
                "properties": [
                    "customer_id": ["type": "string", "description": "The id"],
                    "limit": ["type": "integer", "default": 10],
                ], "required": ["customer_id"], "additionalProperties": false,
            ])
        #expect(api.endpoint(named: "search_customers")?.body == .whole)
        #expect(api.endpoint(method: "POST", path: "/customers/search")?.name == "search_customers")
        #expect(api.endpoint(method: "GET", path: "/customers/cust_1")?.name == "get_customer")
        #expect(api.endpoint(method: "DELETE", path: "/customers/cust_1") == nil)
        let target = try RequestTarget("/api/v1/customers/1")
        #expect(api.allowlist.allows(api.base.origin, target))
        #expect(try !api.allowlist.allows(api.base.origin, RequestTarget("/admin")))
    }

    struct Unexpected: Error {}

    @Test("bearer tokens, query keys and cookies are planned; none sends nothing")
    func authentication() throws {
        func plan(_ authentication: JSON?) throws -> AuthPlan {
            var tokens: ArraySlice<String> = ["authentication"]
            let json = Definitions.edit(Definitions.crm, &tokens, authentication)
            return try CompiledAPI(stored: Definitions.stored(Definitions.read(json))).auth
        }
        let bearer = try plan(["type": "bearer_token", "config": ["token": "t"]])
        guard case .header("Authorization", "Bearer ", let token) = bearer else { throw Unexpected() }
        #expect(token.field == "token")
        let query = try plan(["type": "api_key", "config": ["query_name": "api key", "key": "k"]])
        guard case .query("api key", "", _) = query else { throw Unexpected() }
        let cookie = try plan(["type": "api_key", "config": ["cookie_name": "sid", "prefix": "v=", "key": "k"]])
        guard case .cookie("sid", "v=", _) = cookie else { throw Unexpected() }
        #expect(try plan(["type": "none"]) == .none)
        #expect(try plan(nil) == .none)
    }

    @Test("a reference to what is stored keeps it; any other reference is refused")
    func references() throws {
        let first = try Definitions.read(Definitions.crm)
        var context = Definitions.context
        context.existing = Definitions.stored(first)
        let again = try Definitions.read(first.stored, context)
        #expect(again.secrets.isEmpty && again.secretFields == ["key"] && again.stored == first.stored)

        var tokens: ArraySlice<String> = ["authentication", "config"]
        let alias = Definitions.edit(
            Definitions.crm, &tokens,
            ["header_name": "X-API-Key", "key_vault_ref": "vault://users/usr_1/apis/api_1/key"])
        #expect(try Definitions.read(alias, context).stored == first.stored)

        #expect(throws: DefinitionError.self) { try Definitions.read(first.stored) }
        let other = Definitions.faults("/authentication/config/key", "vault://users/usr_2/apis/api_9/key")
        #expect(other.map(\.kind) == [.invalid])
    }

    @Test("a definition without its key may be stored; the credential can follow")
    func keyLater() throws {
        #expect(Definitions.faults("/authentication/config/key", nil).isEmpty)
    }

    @Test("C3: a written secret shows nothing of itself")
    func secretHidden() throws {
        let definition = try Definitions.read(Definitions.crm)
        var dumped = ""
        dump(definition, to: &dumped)
        #expect(!dumped.contains("marked-secret") && !"\(definition)".contains("marked-secret"))
    }

    @Test("C8: no fault repeats a secret")
    func faultsHideSecrets() throws {
        for value: JSON in ["marked\nsecret", "vault://marked-secret", ["marked": "secret"], ["from_env": "marked"]] {
            let faults = Definitions.faults("/authentication/config/key", value)
            #expect(faults.count == 1 && !faults.description.contains("marked"))
        }
    }

    @Test("all faults are told at once, each with its pointer, line and column")
    func allAtOnce() throws {
        let text = """
            {"name": "x y",
             "conection": {},
             "endpoints": [{"name": "a", "method": "FETCH", "path": "no"}],
             "tunnel": {"enabled": "yes"}}
            """
        let error = #expect(throws: DefinitionError.self) {
            try CustomAPIDefinition(JSON.parseDocument(text), context: Definitions.context)
        }
        let faults = try #require(error).faults
        let pointers = faults.map { "\($0.pointer)" }
        for pointer in ["/conection", "/connection", "/endpoints/0/method", "/endpoints/0/path", "/tunnel/enabled"] {
            #expect(pointers.contains(pointer))
        }
        let unknown = try #require(faults.first { $0.pointer.tokens == ["conection"] })
        #expect(unknown.message == "Unknown key \"conection\"; did you mean \"connection\"?")
        #expect(unknown.position == Position(line: 2, column: 2))
        #expect(error?.kind == .invalid)
    }

    @Test("descriptions of what is wrapped name the pointer in the document as sent")
    func wrappedPointer() throws {
        let error = #expect(throws: DefinitionError.self) { try Definitions.read(["custom_api": ["name": 5]]) }
        #expect(error?.faults.contains { "\($0.pointer)" == "/custom_api/name" } == true)
    }

    @Test("reading gives the document with the relay's own fields")
    func document() throws {
        let definition = try Definitions.read(Definitions.crm)
        let document = Definitions.stored(definition).document(metadata: ["total_calls": 3])
        let inner = try #require(document["custom_api"]?.object)
        #expect(inner.keys.prefix(4) == ["id", "user_id", "name", "slug"])
        #expect(inner["metadata"]?["total_calls"] == 3)
        var context = Definitions.context
        context.existing = Definitions.stored(definition)
        #expect(try Definitions.read(document, context).stored == definition.stored)
    }
}
