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
