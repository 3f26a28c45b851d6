import Discovery
import Drafts
import EgressPolicy
import Testing
import Value

/// Sites that lie, that never end, and that point elsewhere.
@Suite struct HostileSiteTests {
    @Test func `A site that answers everything with one page has said nothing`() async throws {
        let shell =
            "<!doctype html><html><head><script src=\"/main.js\"></script></head><body><div id=root></div></body></html>"
        let site = ScriptedSite([:]) { _ in .success(.html(shell)) }
        let result = try await discover(site)
        #expect(result.candidates.isEmpty)
        #expect(result.kinds.contains("soft_404") && result.kinds.contains("nothing_found"))
        #expect(result.requests.count <= 60)
    }

    @Test func `A site that answers everything with one JSON object teaches nothing`() async throws {
        let site = ScriptedSite([:]) { request in
            .success(.json(#"{"error":"not found","path":"\#(request.address.path)"}"#))
        }
        let result = try await discover(site) { $0.samples = ["/users", "/orders/5"] }
        #expect(result.kinds.contains("soft_404"))
        #expect(result.candidates.allSatisfy { $0.draft.signatures.allSatisfy { $0 == "GET /" } })
    }

    @Test func `A farm of links ends with the budget`() async throws {
        let site = ScriptedSite([:]) { request in
            let path = request.address.path == "/" ? "" : request.address.path
            guard !path.contains("penstock") else { return .success(.html("<h1>Not Found</h1>")) }
            let links = (0..<200).map { #"<a href="\#(path)/docs\#($0)/">API docs \#($0)</a>"# }.joined()
            return .success(.html("<html><title>\(path)</title><p id='\(path)'>" + links))
        }
        let result = try await discover(site) { $0.depth = 50 }
        #expect(result.requests.count == 60)
        #expect(result.kinds.contains("requests_spent"))
    }

    @Test func `A farm of JSON links ends with the budget, and with two things of a kind`() async throws {
        let site = ScriptedSite([:]) { request in
            let path = request.address.path
            guard !path.contains("."), !path.contains("penstock") else { return .success(.json("{}", status: 404)) }
            let number = request.address.path.utf8.count
            let items = (0..<50).map { #"{"id":\#(number * 100 + $0),"href":"/things/\#(number * 100 + $0)"}"# }
            return .success(
                .json(#"{"n":\#(number),"items":[\#(items.joined(separator: ","))],"more":{"href":"\#(path)/more"}}"#))
        }
        let result = try await discover(site) { $0.depth = 1000 }
        #expect(result.requests.count <= 60)
        #expect(site.askedPaths.count { $0.hasPrefix("/things/") && $0.split(separator: "/").count == 2 } == 2)
    }

    @Test func `Huge HTML is read in part and in bounded time`() async throws {
        let body = String(repeating: "<div class='a'><a href='/docs/x'>docs</a>", count: 110_000)
        let result = try await discover(ScriptedSite(["/": .html(body)])) { $0.bytes = 64 << 20 }
        #expect(result.kinds.contains("answer_cut"))
    }

    @Test(arguments: [
        ("<", 60_000), ("<a ", 20_000), ("<!--", 20_000), ("</script", 12_000), ("&#", 40_000), ("<code>", 20_000),
        ("<script>swagger-ui spec:{\"", 8_000), ("'\"`", 20_000), ("<a href=x", 20_000), ("<a href='", 20_000),
        ("<script>redoc url:", 10_000), ("<pre>curl ", 10_000), ("<p a=\"", 20_000),
    ])
    func `Broken HTML ends`(piece: String, count: Int) async throws {
        for start in ["<p>", "<script>swagger-ui ", "<a href="] {
            let body = start + String(repeating: piece, count: count)
            let result = try await discover(ScriptedSite(["/": .html(body)]))
            #expect(result.candidates.isEmpty)
        }
    }

    @Test func `S5: Redirects are followed thrice within the origin, and loops end`() async throws {
        let chain = ScriptedSite([
            "/openapi.json": .redirect("/a"), "/a": .redirect("/b", 307), "/b": .redirect("c", 308),
            "/c": .json(petDocument),
        ])
        #expect(try await discover(chain).candidates.first?.evidence.first?.path == "/c")
        let loop = ScriptedSite([:]) { request in
            .success(.redirect(request.address.path == "/a" ? "/b" : "/a"))
        }
        let looped = try await discover(loop)
        #expect(looped.candidates.isEmpty)
        let longer = ScriptedSite(["/": .redirect("/1")]) { request in
            let number = Int(request.address.path.dropFirst()) ?? 0
            return number > 0 ? .success(.redirect("/\(number + 1)")) : .success(.json("{}", status: 404))
        }
        let result = try await discover(longer)
        #expect(result.kinds.contains("redirect_limit"))
        #expect(!longer.askedPaths.contains("/5"))
    }

    @Test func `S5: Redirects and links to elsewhere are told and not followed`() async throws {
        let site = ScriptedSite([
            "/": .html(
                #"""
                <link rel="service-desc" href="http://169.254.169.254/latest/meta-data/">
                <link rel="service-desc" href="https://petstore.swagger.io/v2/swagger.json">
                <link rel="service-desc" href="http://localhost:8080/openapi.json">
                <link rel="service-desc" href="https://user:pw@crm.example.com/openapi.json">
                <link rel="service-desc" href="//crm.example.com:8443/openapi.json">
                <link rel="service-desc" href="file:///etc/passwd"><link rel="service-desc" href="gopher://x/">
                <link rel="service-desc" href="https://crm.example.com.evil.example/x">
                """#), "/docs": .redirect("https://evil.example.net/docs"),
        ])
        let result = try await discover(site)
        #expect(site.asked.allSatisfy { $0.address.origin.description == ScriptedSite.origin && $0.mayCarryCredential })
        let told = result.findings.filter { $0.code == "link_elsewhere" || $0.code == "redirect_elsewhere" }
        #expect(told.count == 6)
        #expect(!result.text.contains("meta-data") && !result.text.contains("passwd"))
    }

    @Test func `A host of the same site is followed without the credential, unless the reach is the origin`()
        async throws
    {
        let pages: [String: ScriptedSite.Page] = [
            "/": .html(#"<link rel="service-desc" href="https://docs.example.com/crm.json">"#),
            "https://docs.example.com/crm.json": .json(petDocument),
        ]
        let site = ScriptedSite(pages)
        let result = try await discover(site)
        #expect(result.candidates.first?.evidence.first?.path == "https://docs.example.com/crm.json")
        #expect(
            site.asked.filter { $0.address.origin.description != ScriptedSite.origin }.map(\.mayCarryCredential) == [
                false
            ])
        let narrow = ScriptedSite(pages)
        _ = try await discover(narrow) { $0.reach = .origin }
        #expect(narrow.asked.allSatisfy { $0.address.origin.description == ScriptedSite.origin })
    }

    @Test func `A refusal by the guard is a finding`() async throws {
        let site = ScriptedSite([:]) { _ in .failure(DiscoveryFetchError(.refused, "A rule forbids this address.")) }
        let result = try await discover(site)
        #expect(result.kinds == ["request_failed", "unreachable", "nothing_found"])
        #expect(result.requests.count == 3)
        #expect(result.requests.allSatisfy { $0.error == "refused" && $0.status == nil })
    }

    @Test func `A connector that lets through one path refuses the others, and the search goes on`() async throws {
        let site = ScriptedSite(["/api/v1": .json(#"{"a":1}"#), "/api/v1/docs": .html("<redoc spec-url=x.json>")]) {
            $0.address.path.hasPrefix("/api/v1")
                ? .success(.json("{}", status: 404)) : .failure(DiscoveryFetchError(.refused, "No rule allows it."))
        }
        let result = try await discover(site, base: "https://crm.example.com/api/v1")
        #expect(!result.kinds.contains("unreachable"))
        #expect(site.askedPaths.contains("/api/v1/x.json") && site.askedPaths.contains("/openapi.json"))
        #expect(result.findings.count { $0.code == "request_failed" } == 1)
    }

    @Test func `A link that cannot be shown is shown without what identifies`() async throws {
        let root = #"{"link":"/reset/eyJhbGciOiJIUzI1NiJ9.canary0canary1/x?token=canary","next":"/a?cursor=canary"}"#
        let result = try await discover(ScriptedSite(["/": .json(root)]))
        #expect(!result.text.contains("canary"))
    }

    @Test func `Keys of answers that are somebody's data are not in the result`() async throws {
        let root = #"{"ann@canary.example":{"href":"/u/1"},"550e8400-e29b-41d4-a716-446655440000":{"href":"/u/2"}}"#
        let site = ScriptedSite(["/": .json(root), "/u/1": .json(#"{"canary@x.example":1,"fine":2}"#)])
        let result = try await discover(site)
        #expect(!result.text.contains("canary") && !result.text.contains("550e8400"))
        #expect(result.text.contains("fine"))
    }
}
