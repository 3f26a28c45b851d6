import Discovery
import Drafts
import EgressPolicy
import Testing
import Value

/// Every way in which a site says where its OpenAPI document is.
@Suite struct DocumentPlacesTests {
    private func expectPets(_ site: ScriptedSite, base: String = ScriptedSite.origin, at path: String) async throws {
        let result = try await discover(site, base: base)
        let first = try #require(result.candidates.first)
        #expect(first.draft.operations.map(\.path) == ["/pets", "/pets", "/pets/{id}"])
        #expect(first.confidence == .high)
        #expect(first.evidence.first?.path == path)
        #expect(site.asked.allSatisfy { $0.method == .get })
    }

    @Test(arguments: ["/openapi.json", "/swagger/v1/swagger.json", "/v3/api-docs", "/.well-known/openapi.json"])
    func `A document at a usual place is found`(place: String) async throws {
        try await expectPets(ScriptedSite([place: .json(petDocument)]), at: place)
    }

    @Test func `A document below the base path is found before those at the root are asked`() async throws {
        let site = ScriptedSite(["/api/v2/openapi.json": .json(petDocument)])
        try await expectPets(site, base: "https://crm.example.com/api/v2", at: "/api/v2/openapi.json")
        #expect(!site.askedPaths.contains("/openapi.json"))
    }

    @Test func `A YAML document served as text is found`() async throws {
        let body = "# The pets\nopenapi: 3.1.0\ninfo:\n  title: Pets\npaths: {}\n"
        let page = ScriptedSite.Page(headers: [("Content-Type", "text/plain")], body: String(body.dropFirst(11)))
        let result = try await discover(ScriptedSite(["/openapi.yaml": page]))
        #expect(result.candidates.first?.draft.operations.map(\.path) == ["/yaml"])
    }

    @Test func `A Link header names the document, also of an answer that is refused`() async throws {
        let root = ScriptedSite.Page(
            status: 401,
            headers: [
                ("Link", #"</help>; rel="help", <../spec/pets.json>; rel="service-desc"; type="application/json""#)
            ])
        let site = ScriptedSite(["/": root, "/spec/pets.json": .json(petDocument)])
        let result = try await discover(site)
        let first = try #require(result.candidates.first)
        #expect(first.evidence.map(\.path) == ["/spec/pets.json", "/"])
        #expect(first.evidence.last?.place == .header("link"))
        #expect(result.kinds.contains("credential_needed"))
    }

    @Test func `A catalog of RFC 9727 names the document`() async throws {
        let catalog = #"""
            {"linkset":[{"anchor":"https://crm.example.com/pets","service-desc":[
              {"href":"https://crm.example.com/pets/description","type":"application/vnd.oai.openapi+json"}]}]}
            """#
        let site = ScriptedSite([
            "/.well-known/api-catalog": .json(catalog), "/pets/description": .json(petDocument),
        ])
        try await expectPets(site, at: "/pets/description")
        let result = try await discover(site)
        let pointer = try #require(JSONPointer(text: "/linkset/0/service-desc/0/href"))
        #expect(result.candidates.first?.evidence.last?.place == .pointer(pointer))
    }

    @Test func `Swagger UI 4 and 5 name the document in their initializer`() async throws {
        let page = """
            <!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"><title>Swagger UI</title>
            <link rel="stylesheet" type="text/css" href="./swagger-ui.css" /></head><body><div id="swagger-ui"></div>
            <script src="./swagger-ui-bundle.js" charset="UTF-8"> </script>
            <script src="./swagger-ui-standalone-preset.js" charset="UTF-8"> </script>
            <script src="./swagger-initializer.js" charset="UTF-8"> </script></body></html>
            """
        let script = """
            window.onload = function() {
              //<editor-fold desc="Changeable Configuration Block">
              // the following lines will be replaced by docker/configurator, when it runs in a docker-container
              window.ui = SwaggerUIBundle({
                url: "../internal/pets.json",
                dom_id: '#swagger-ui',
                deepLinking: true,
                presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
                layout: "StandaloneLayout"
              });
              //</editor-fold>
            };
            """
        let site = ScriptedSite([
            "/swagger-ui/index.html": .html(page), "/swagger-ui/swagger-initializer.js": .script(script),
            "/internal/pets.json": .json(petDocument),
        ])
        try await expectPets(site, at: "/internal/pets.json")
        #expect(!site.askedPaths.contains { $0.contains("bundle") || $0.contains("preset") })
    }

    @Test func `springdoc's configuration names several documents`() async throws {
        let script = #"window.ui = SwaggerUIBundle({ "configUrl" : "/hidden/swagger-config", dom_id: '#swagger-ui' });"#
        let other = petDocument.replacing("/pets", with: "/orders")
        let site = ScriptedSite([
            "/swagger-ui.html": .redirect("/swagger-ui/index.html"),
            "/swagger-ui/index.html": .html(#"<script src="./swagger-initializer.js"></script>"#),
            "/swagger-ui/swagger-initializer.js": .script(script),
            "/hidden/swagger-config": .json(
                #"{"configUrl":"/hidden/swagger-config","urls":[{"url":"/hidden/a","name":"a"},{"url":"/hidden/b","name":"b"}]}"#
            ),
            "/hidden/a": .json(petDocument), "/hidden/b": .json(other),
        ])
        let result = try await discover(site)
        #expect(result.candidates.map { $0.draft.operations.first?.path } == ["/pets", "/orders"])
        #expect(result.candidates.first?.evidence.last?.place == .pointer(JSONPointer(["urls", "0", "url"])))
    }

    @Test func `Swashbuckle's configuration stands as text in its page`() async throws {
        let page = #"""
            <html><body><div id="swagger-ui"></div><script src="./swagger-ui-bundle.js"></script><script>
            window.onload = function () {
              var configObject = JSON.parse('{"urls":[{"url":"../hidden/v1.json","name":"My API \'V1\'"}],"deepLinking":false}');
              const ui = SwaggerUIBundle(configObject);
            }</script></body></html>
            """#
        let site = ScriptedSite(["/swagger/index.html": .html(page), "/hidden/v1.json": .json(petDocument)])
        try await expectPets(site, at: "/hidden/v1.json")
    }

    @Test func `swagger-ui-express holds the document in its script`() async throws {
        let script = """
            window.onload = function() {
              var url = window.location.search.match(/url=([^&]+)/);
              var options = { "swaggerDoc": \(petDocument), "customOptions": {} };
              url = options.swaggerUrl || url
              window.ui = SwaggerUIBundle(options)
            }
            """
        let site = ScriptedSite([
            "/api-docs": .html(#"<div id="swagger-ui"></div><script src="./swagger-ui-init.js"></script>"#),
            "/swagger-ui-init.js": .script(script),
        ])
        try await expectPets(site, at: "/swagger-ui-init.js")
    }

    @Test func `FastAPI's page names the document in its own script`() async throws {
        let page = """
            <!DOCTYPE html><html><head><link type="text/css" rel="stylesheet" href="https://cdn.jsdelivr.net/x.css">
            <title>CRM - Swagger UI</title></head><body><div id="swagger-ui"></div>
            <script src="https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js"></script>
            <!-- `SwaggerUIBundle` is now available on the page -->
            <script>
            const ui = SwaggerUIBundle({
                url: '/internal/openapi',
            "dom_id": "#swagger-ui",
            "layout": "BaseLayout",
            oauth2RedirectUrl: window.location.origin + '/docs/oauth2-redirect',
            })
            </script></body></html>
            """
        let site = ScriptedSite(["/docs": .html(page), "/internal/openapi": .json(petDocument)])
        try await expectPets(site, at: "/internal/openapi")
        #expect(site.asked.allSatisfy { $0.address.origin.description == ScriptedSite.origin })
    }

    @Test(arguments: [
        #"<redoc spec-url='/hidden/x.json'></redoc><script src="https://cdn.redoc.ly/redoc.standalone.js"></script>"#,
        #"<div id="redoc"></div><script>Redoc.init('/hidden/x.json', {}, document.getElementById('redoc'))</script>"#,
        #"<script id="api-reference" data-url="/hidden/x.json"></script>"#,
        #"<script id="api-reference" data-configuration="{&quot;spec&quot;:{&quot;url&quot;:&quot;/hidden/x.json&quot;}}"></script>"#,
        #"<div id="app"></div><script>Scalar.createApiReference('#app', { url: '/hidden/x.json', proxyUrl: 'https://p.example' })</script>"#,
        #"<rapi-doc spec-url = "/hidden/x.json" theme=dark> </rapi-doc>"#,
        #"<elements-api apiDescriptionUrl="/hidden/x.json" router="hash" />"#,
        #"<openapi-explorer spec-url=/hidden/x.json></openapi-explorer>"#,
        #"<head><link rel="alternate" type="application/vnd.oai.openapi+json;version=3.1" href="/hidden/x.json"></head>"#,
        #"<head><base href="/hidden/"><link rel="service-desc" href="x.json"></head>"#,
        #"<p>Download the <a href="hidden/x.json#top"><b>OpenAPI</b> document</a>.</p>"#,
    ])
    func `A viewer's page names the document`(page: String) async throws {
        let site = ScriptedSite(["/reference": .html(page), "/hidden/x.json": .json(petDocument)])
        try await expectPets(site, at: "/hidden/x.json")
    }

    @Test func `A page of documentation two links away leads to the document`() async throws {
        let site = ScriptedSite([
            "/": .html(#"<a href="/about">About</a> <a href="/developers/">Developers</a>"#),
            "/developers/": .html(#"<nav><a href="spec/">API reference</a></nav>"#),
            "/developers/spec/": .html(#"<redoc spec-url="pets.json"></redoc>"#),
            "/developers/spec/pets.json": .json(petDocument),
        ])
        let result = try await discover(site) { $0.depth = 3 }
        #expect(result.candidates.first?.evidence.first?.path == "/developers/spec/pets.json")
        #expect(!site.askedPaths.contains("/about"))
    }

    @Test func `One document under two addresses is one draft with both as evidence`() async throws {
        let page = #"<link rel="service-desc" href="/a.json"><link rel="service-desc" href="/b.json">"#
        let site = ScriptedSite(["/": .html(page), "/a.json": .json(petDocument), "/b.json": .json(petDocument + "\n")])
        let result = try await discover(site)
        #expect(result.candidates.count == 1)
        #expect(result.candidates.first?.evidence.map(\.path) == ["/a.json", "/", "/b.json"])
    }

    @Test func `A document's server is shown where it is another, and assumed where it names none`() async throws {
        let elsewhere = petDocument.replacing(
            #""paths""#, with: #""servers":[{"url":"https://api.other.net/v1"}],"paths""#)
        let told = try await discover(ScriptedSite(["/openapi.json": .json(elsewhere)]))
        #expect(
            told.findings.first { $0.code == "server_elsewhere" }?.message.contains("https://api.other.net") == true)
        var importers = plainImporter
        importers.openAPI = { _ throws(DiscoveryImportError) in
            Draft(source: .openapi, definition: ["name": "Pets"], operations: [])
        }
        let site = ScriptedSite(["/api/openapi.json": .json(petDocument)])
        let assumed = try await discover(site, base: "https://crm.example.com/api", importers: importers)
        let draft = try #require(assumed.candidates.first?.draft)
        #expect(draft.definition["connection"]?["base_url"] == "https://crm.example.com")
        #expect(draft.findings.map(\.code) == ["base_url_assumed"])
    }

    @Test func `Once a document is found the guesses are not asked`() async throws {
        let site = ScriptedSite(["/openapi.json": .json(petDocument)])
        let result = try await discover(site)
        #expect(result.kinds.contains("guesses_left_out"))
        #expect(result.requests.count < 12)
    }

    @Test func `A document that cannot be imported is a finding, and the search goes on`() async throws {
        let site = ScriptedSite([
            "/openapi.json": .json(#"{"openapi":"3.0.0","info":{}}"#), "/swagger.json": .json(petDocument),
        ])
        let result = try await discover(site)
        #expect(result.kinds.contains("not_importable"))
        #expect(result.candidates.first?.evidence.first?.path == "/swagger.json")
    }

    @Test func `Swagger 1 is told and not read`() async throws {
        let result = try await discover(ScriptedSite(["/api-docs": .json(#"{"swaggerVersion":"1.2","apis":[]}"#)]))
        #expect(result.kinds.contains("old_swagger"))
    }
}
