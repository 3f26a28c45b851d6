import Drafts
import OpenAPI
import Registry
import Testing
import Value

@Suite struct ServerTests {
    private func base(_ head: String, options: ImportOptions = ImportOptions()) throws -> (String?, Draft) {
        let draft = try importing("\(head)\npaths: {/a: {get: {}}}\n", options: options)
        _ = try draft.accepted()
        return (draft.definition.base, draft)
    }

    @Test(
        "I: the base URL comes from servers with variables, and from host, basePath and schemes",
        arguments: [
            ("openapi: 3.0.0\nservers: [{url: 'https://a.example.com/v1/'}]", "https://a.example.com/v1"),
            (
                "openapi: 3.0.0\nservers: [{url: 'http://a.example.com'}, {url: 'https://b.example.com'}]",
                "https://b.example.com"
            ),
            (
                "openapi: 3.0.0\nservers: [{url: 'https://{r}.example.com:{p}/{v}', variables: {r: {default: eu}, p: {default: 8443}, v: {enum: [v2, v3]}}}]",
                "https://eu.example.com:8443/v2"
            ),
            ("openapi: 3.0.0\nservers: [{url: 'HTTPS://A.Example.com/x y'}]", "https://a.example.com/x%20y"),
            ("openapi: 3.0.0\nservers: [{url: //a.example.com/v1}]", "https://a.example.com/v1"),
            ("openapi: 3.0.0\nservers: [{url: a.example.com/v1}]", "https://a.example.com/v1"),
            ("openapi: 3.0.0\nservers: [{url: 'http://a.example.com'}]", "http://a.example.com"),
            ("swagger: '2.0'\nhost: a.example.com\nbasePath: /v1/\nschemes: [http, https]", "https://a.example.com/v1"),
            ("swagger: '2.0'\nhost: a.example.com:8080\nschemes: [http]", "http://a.example.com:8080"),
            ("swagger: '2.0'\nhost: 'https://a.example.com'\nbasePath: v1", "https://a.example.com/v1"),
        ])
    func bases(_ row: (head: String, base: String)) throws {
        let (base, draft) = try base(row.head)
        #expect(base == row.base)
        #expect(draft.codes.contains("base_url_needs_tunnel") == row.base.hasPrefix("http:"))
    }

    @Test("I: relative servers count from where the document came from")
    func relative() throws {
        let options = ImportOptions(sourceURL: "https://docs.example.com/specs/api.json?x=1")
        #expect(try base("openapi: 3.0.0\nservers: [{url: /v1}]", options: options).0 == "https://docs.example.com/v1")
        #expect(
            try base("openapi: 3.0.0\nservers: [{url: v1}]", options: options).0 == "https://docs.example.com/specs/v1")
        #expect(try base("swagger: '2.0'\nbasePath: /v2", options: options).0 == "https://docs.example.com/v2")
    }

    @Test(
        "I: without a server that can be called the base URL is the owner's to give",
        arguments: [
            "openapi: 3.0.0", "openapi: 3.0.0\nservers: [{url: /v1}]",
            "openapi: 3.0.0\nservers: [{url: 'https://{you}.example.com'}]",
            "openapi: 3.0.0\nservers: [{url: 'ftp://a.example.com'}]", "swagger: '2.0'\nhost: ''",
        ])
    func missing(_ head: String) throws {
        let (base, draft) = try base(head)
        #expect(base == nil)
        #expect(draft.codes.contains("base_url_missing"))
        let given = try self.base(head, options: ImportOptions(baseURL: "https://mine.example.com/v9/"))
        #expect(given.0 == "https://mine.example.com/v9")
        #expect(!given.1.codes.contains("base_url_missing"))
    }

    @Test("I: servers of operations come before those of paths and of the document; paths of one origin are folded in")
    func levels() throws {
        let draft = try importing(
            """
            openapi: 3.0.0
            servers: [{url: 'https://a.example.com/api/v1'}]
            paths:
              /one: {get: {operationId: one}}
              /two:
                servers: [{url: 'https://a.example.com/api/v2'}]
                get: {operationId: two}
                put: {operationId: three, servers: [{url: 'https://a.example.com/api/v1/deep'}]}
                post: {operationId: four, servers: [{url: 'https://files.example.com/up'}]}
            """)
        #expect(draft.definition.base == "https://a.example.com/api")
        #expect(draft.endpoints.map { $0["path"]?.string } == ["/v1/one", "/v2/two", "/v1/deep/two"])
        let left = try #require(draft.findings("other_server").first)
        #expect(left.effect == .leftOut && left.message.contains("https://files.example.com/up"))
        let other = try importing(
            "openapi: 3.0.0\nservers: [{url: 'https://a.example.com'}]\npaths: {/x: {post: {servers: [{url: 'https://files.example.com/up'}]}}}",
            options: ImportOptions(baseURL: "https://files.example.com/up"))
        #expect(other.operations.map(\.outcome) == [.imported])
    }

    @Test(
        "I: a given base URL keeps the path of a relative or host-less server, and a finding says what was joined",
        arguments: [
            ("openapi: 3.0.0\nservers: [{url: /service/rest}]", "https://host.example.com/service/rest"),
            ("openapi: 3.0.0\nservers: [{url: service/rest/}]", "https://host.example.com/service/rest"),
            ("swagger: '2.0'\nbasePath: /service/rest", "https://host.example.com/service/rest"),
            ("swagger: '2.0'\nhost: '{host}'\nbasePath: /service/rest", "https://host.example.com/service/rest"),
            (
                "openapi: 3.0.0\nservers: [{url: 'https://{instance}.example.org/service/rest'}]",
                "https://host.example.com/service/rest"
            ),
            (
                "openapi: 3.0.0\nservers: [{url: '/{part}/rest', variables: {part: {default: service}}}]",
                "https://host.example.com/service/rest"
            ),
            ("openapi: 3.0.0\nservers: [{url: /}]", "https://host.example.com"),
            ("openapi: 3.0.0", "https://host.example.com"),
            // A host of the document's own is replaced whole.
            ("openapi: 3.0.0\nservers: [{url: 'https://api.example.org/v1'}]", "https://host.example.com"),
        ])
    func joined(_ row: (head: String, base: String)) throws {
        let (base, draft) = try base(row.head, options: ImportOptions(baseURL: "https://host.example.com/"))
        #expect(base == row.base)
        #expect(draft.endpoints.map { $0["path"]?.string } == ["/a"])
        let told = draft.findings("base_url_joined").first?.message
        #expect((told?.contains("/service/rest") ?? false) == row.base.hasSuffix("/service/rest"))
        let given = try self.base(row.head, options: ImportOptions(baseURL: "https://host.example.com/own"))
        #expect(given.0 == "https://host.example.com/own")
        #expect(given.1.findings("base_url_joined").isEmpty)
    }

    @Test("I: relative servers of operations are at the host that was given, and paths of one origin are folded in")
    func joinedLevels() throws {
        let draft = try importing(
            """
            openapi: 3.0.0
            servers: [{url: /api/v1}]
            paths:
              /one: {get: {operationId: one}}
              /two: {servers: [{url: /api/v2}], get: {operationId: two}}
            """, options: ImportOptions(baseURL: "http://10.1.2.3:8080", tunnel: "tun_1"))
        #expect(draft.definition.base == "http://10.1.2.3:8080/api")
        #expect(draft.endpoints.map { $0["path"]?.string } == ["/v1/one", "/v2/two"])
    }

    @Test("I: an import with a tunnel makes an API behind it, http:// allowed, and asks for none")
    func tunnel() throws {
        let draft = try importing(
            "openapi: 3.0.0\nservers: [{url: 'http://crm.corp:8080/api'}]\npaths: {/a: {get: {}}}",
            options: ImportOptions(tunnel: "tun_1"))
        #expect(
            draft.definition["tunnel"] == ["enabled": true, "type": "platform_agent", "tunnel_id": "tun_1"])
        #expect(!draft.codes.contains("base_url_needs_tunnel"))
        let read = try CustomAPIDefinition(
            draft.whole, context: DefinitionContext(user: "ada", api: "api_1", tunnels: ["tun_1"]))
        #expect(read.endpoints.count == 1)
    }

    private static let several = """
        openapi: 3.0.0
        info: {title: Boats, version: '1'}
        servers: [{url: 'https://a.example.com/v1'}]
        components:
          securitySchemes: {a: {type: apiKey, in: header, name: A}, b: {type: http, scheme: basic}}
        security: [{a: []}]
        paths:
          /one: {get: {operationId: one}}
          /two:
            servers: [{url: 'https://b.example.com/v2'}]
            get: {operationId: two, security: [{b: []}]}
            put: {operationId: three, security: [{b: []}], servers: [{url: 'https://b.example.com/v3'}]}
          /four: {get: {operationId: four, servers: [{url: 'https://{tenant}.example.com'}]}}
        """

    @Test("I: operations of several servers import whole when they are split, each with its host's own definition")
    func split() throws {
        let files = [ImportFile(name: "api.yaml", bytes: Array(Self.several.utf8))]
        let drafts = try OpenAPIImporter().drafts(files: files)
        #expect(drafts.map { $0.definition.base } == ["https://a.example.com/v1", "https://b.example.com"])
        #expect(drafts.map { $0.definition["name"] } == ["Boats", "Boats (b.example.com)"])
        #expect(
            drafts.map { $0.endpoints.map { $0["path"]?.string } } == [["/one"], ["/v2/two", "/v3/two"]])
        #expect(drafts.map { $0.definition["authentication"]?["type"] } == ["api_key", "basic_auth"])
        #expect(drafts[0].operations.map(\.outcome) == [.imported, .notSelected, .notSelected, .leftOut])
        #expect(drafts[0].findings("other_server").first?.message.contains("{tenant}.example.com") == true)
        for draft in drafts { _ = try draft.accepted() }
    }

    @Test("I: unsplit, operations of another server are left out with its host, and no base URL binds others to it")
    func unsplit() throws {
        let draft = try importing(Self.several)
        let left = draft.findings("other_server").map(\.message)
        #expect(left.count == 3 && left[0].contains("https://b.example.com/v2") && left[0].contains("split"))
        let bound = try importing(Self.several, options: ImportOptions(baseURL: "https://b.example.com/v2"))
        #expect(bound.endpoints.map { $0["name"] } == ["two"])
        #expect(bound.findings("other_server").contains { $0.message.contains("https://a.example.com/v1") })
    }

    @Test("I: one server that all operations repeat is the document's, which a given base URL replaces")
    func repeated() throws {
        let text = "openapi: 3.0.0\npaths: {/a: {get: {servers: [{url: 'https://a.example.com'}]}}}"
        #expect(try importing(text).definition.base == "https://a.example.com")
        let given = try importing(text, options: ImportOptions(baseURL: "https://mine.example.com"))
        #expect(given.definition.base == "https://mine.example.com" && given.endpoints.count == 1)
    }

    @Test("I: of a document with very many servers the first are drafts, and the others are named")
    func manyServers() throws {
        let paths = (0..<30).map { "  /p\($0): {get: {servers: [{url: 'https://h\($0).example.com'}]}}\n" }.joined()
        let text = "openapi: 3.0.0\ninfo: {title: A, version: '1'}\npaths:\n" + paths
        let drafts = try OpenAPIImporter().drafts(files: [ImportFile(name: "a", bytes: Array(text.utf8))])
        #expect(drafts.count == OpenAPIImporter.mostServers)
        #expect(drafts[0].findings("too_many_servers").first?.message.contains("10 more servers") == true)
    }

    @Test("I: a name without letters gets a slug, and a missing title a name")
    func names() throws {
        let draft = try importing(
            "openapi: 3.0.0\ninfo: {title: 船}\nservers: [{url: 'https://a.example.com'}]\npaths: {/a: {get: {}}}")
        #expect(draft.definition["slug"] == "a_example_com")
        #expect(try importing("openapi: 3.0.0\npaths: {/a: {get: {}}}").definition["name"] == "Imported API")
        #expect(try base("openapi: 3.0.0", options: ImportOptions(name: "Mine")).1.definition["name"] == "Mine")
    }
}

extension JSONObject {
    fileprivate var base: String? { self["connection"]?["base_url"]?.string }
}
