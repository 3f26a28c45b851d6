import EgressPolicy
import Testing
import Value

@testable import Discovery

@Suite struct ReadingTests {
    private func tokens(_ text: String) -> [HTMLTokenizer.Token] {
        var tokenizer = HTMLTokenizer(Array(text.utf8)[...])
        var tokens: [HTMLTokenizer.Token] = []
        while let token = tokenizer.next() { tokens.append(token) }
        return tokens
    }

    @Test func `Attributes in all their spellings`() {
        #expect(
            tokens(#"<A HREF = '/x?a=1&amp;b=2' b=c d "e"=f g="&#x7b;i&#125;" href=no/>"#) == [
                .start("a", ["href": "/x?a=1&b=2", "b": "c", "d": "", "\"e\"": "f", "g": "{i}"])
            ])
    }

    @Test func `Scripts hold whatever they hold up to their end`() {
        #expect(
            tokens("<script>if (a < b) x = '<a href=y>'</SCRIPT ><p>1 &lt; 2 < 3") == [
                .start("script", [:]), .text("if (a < b) x = '<a href=y>'"), .end("script"), .start("p", [:]),
                .text("1 < 2 "), .text("< 3"),
            ])
    }

    @Test func `Comments and declarations are passed over`() {
        #expect(tokens("<!DOCTYPE html><!-- <a href=x> -- > --><?xml x?><b></b></>") == [.start("b", [:]), .end("b")])
    }

    @Test(arguments: ["<", "<a", "<a b", "<a b=", "<a b='", "<!", "<!--", "</", "</a", "<script>", "&", "&#", "&#x;"])
    func `Text that ends anywhere is read to its end`(text: String) {
        _ = tokens(text)
        _ = HTMLPage(Array(text.utf8))
    }

    @Test(.timeLimit(.minutes(10)))
    func `A script of quotation marks that never close is given up`() {
        let text = "swagger-ui " + String(repeating: #"\""#, count: 1_000_000)
        #expect(ScriptReferences(text.utf8, isKnown: true).addresses.isEmpty)
    }

    @Test func `An answer of nothing but links is read for some of them`() throws {
        let object = JSONObject((0..<100_000).map { ("a\($0)", JSON.string("/logout/\($0)")) })
        #expect(JSONLinks(.object(object), path: "/", values: [], isRoot: true).links.count == 200)
    }

    @Test func `Links of a field, in their forms`() {
        let links = WebLink.parse(
            #"</a,b;c>; rel="service-desc alternate" ; title="x, y; \"z\"";TYPE="application/json; charset=utf-8" , <d>;rel=next, e"#
        )
        #expect(
            links == [
                WebLink(target: "/a,b;c", relations: ["service-desc", "alternate"], type: "application/json"),
                WebLink(target: "d", relations: ["next"], type: nil),
            ])
    }

    @Test(arguments: ["", "<", "<a", "<a>;", "<a>;rel", "<a>;rel=", "<a>;rel=\"", "<a>;=;;=", ",,,,", "<a>,<b"])
    func `A field that is cut is read to its end`(text: String) {
        #expect(WebLink.parse(text).count <= 1)
    }

    @Test(arguments: [
        ("https://api.example.com", "https://docs.example.com", true),
        ("https://example.com", "https://a.b.example.com", true),
        ("https://a.example.co.uk", "https://b.example.co.uk", true), ("https://a.co.uk", "https://b.co.uk", false),
        ("https://a.github.io", "https://b.github.io", false),
        ("https://example.com", "https://example.com.evil.net", false),
        ("https://example.com", "https://notexample.com", false),
        ("https://api.example.com", "http://docs.example.com", false),
        ("https://api.example.com", "https://docs.example.com:8443", false),
        ("http://10.0.0.1", "http://10.0.0.1:81", false),
        ("https://10.0.0.1", "https://10.0.0.2", false), ("http://crm", "https://hr", false),
        ("http://crm", "http://crm", true),
    ])
    func `S5: Which hosts are of one site`(base: String, other: String, isIncluded: Bool) throws {
        let site = Site(try Origin(base))
        #expect(site.includes(try Origin(other), reach: .site) == isIncluded)
        #expect(site.includes(try Origin(other), reach: .origin) == (base == other))
    }

    @Test(arguments: [
        ("/users/42", "/users/{user_id}"), ("/v1/users/42/orders/7", "/v1/users/{user_id}/orders/{order_id}"),
        ("/api/v2/7", "/api/v2/{id}"), ("/categories/12/", "/categories/{category_id}/"),
        ("/addresses/9", "/addresses/{address_id}"), ("/boxes/9", "/boxes/{box_id}"),
        ("/status/9", "/status/{status_id}"),
        ("/userGroups/9", "/userGroups/{user_group_id}"),
        ("/a-b/550e8400-e29b-41d4-a716-446655440000", "/a-b/{a_b_id}"),
        ("/x/{given}/7", "/x/{given}/{id}"), ("/7/8", "/{id}/{id_2}"), ("/reports/2026-03-01", "/reports/{report_id}"),
        ("/files/a%20b", "/files/{file_id}"), ("/", "/"), ("/users/me", "/users/me"),
    ])
    func `Paths become templates`(path: String, template: String) {
        #expect(PathShape.of(path).description == template)
    }

    @Test(arguments: [
        ("/users/{user}/repos{?page,per_page}", "/users/{user}/repos", ["page", "per_page"]),
        ("https://a.example/x/{id}{/sha}{&q}", "/x/{id}", ["q"]), ("/f/{+path}", "/f/{path}", []),
    ])
    func `URI templates of root documents`(text: String, path: String, query: [String]) {
        #expect(URITemplate(text)?.path == path && URITemplate(text)?.query == query)
    }

    @Test(arguments: ["/plain", "/a{", "/a{b}c{d}", "/x/{a b}", "https://a.example{x}", "{x}", "/a/{x,y}"])
    func `Others are none`(text: String) {
        #expect(URITemplate(text) == nil)
    }
}
