import Discovery
import EgressPolicy
import Testing

@Suite struct WebAddressTests {
    @Test(
        arguments: [
            ("openapi.json", "https://a.example/docs/openapi.json"), ("./x", "https://a.example/docs/x"),
            ("../x?y=1#z", "https://a.example/x?y=1"), ("../../../x", "https://a.example/x"),
            ("/", "https://a.example/"),
            ("?q=2", "https://a.example/docs/index.html?q=2"), ("#top", "https://a.example/docs/index.html?q=1"),
            ("//b.example", "https://b.example/"), ("HTTP://B.example:80/p", "http://b.example/p"),
            ("https://b.example?x", "https://b.example/?x"), (" x\n", "https://a.example/docs/x"),
            ("..", "https://a.example/"), (".", "https://a.example/docs/"), ("a:b/c", nil),
            ("./a:b", "https://a.example/docs/a:b"),
            ("javascript:alert(1)", nil), ("file:///etc/passwd", nil), ("https://u:p@b.example/", nil),
            ("https:x", nil),
            ("a b", nil), ("\\\\b.example\\x", nil), ("https://0x7f.1/", nil), ("/a//b", nil), ("/%2e%2e/x", nil),
            ("/a%00", nil), ("https://b.example./", nil),
        ] as [(String, String?)])
    func `S4: A reference means what RFC 3986 says, or nothing`(reference: String, expected: String?) throws {
        let base = try #require(WebAddress("https://a.example/docs/index.html?q=1"))
        #expect(base.resolving(reference)?.description == expected)
    }

    @Test func `What is too long is no address`() throws {
        let base = try #require(WebAddress("https://a.example/"))
        #expect(base.resolving(String(repeating: "a", count: 3000)) == nil)
    }
}
