import EgressPolicy
import Testing

@Suite("URLs that are called as they stand")
struct AbsoluteURLTests {
    @Test(
        "an origin and a target",
        arguments: [
            ("https://a.example", "https://a.example", "/"), ("https://a.example?x=1", "https://a.example", "/?x=1"),
            ("https://a.example:8443/b/c?d=e&f", "https://a.example:8443", "/b/c?d=e&f"),
        ])
    func parts(text: String, origin: String, target: String) throws {
        let url = try AbsoluteURL(text)
        #expect(url.origin.description == origin && url.target.raw == target)
    }

    @Test(
        "S4: what is no such URL is refused",
        arguments: [
            "", "a.example", "//a.example", "ftp://a.example", "https://", "https://u:p@a.example/",
            "https://a.example/#x", "https://a.example/a b", "https://a.example\\@b.example/", "https://a.example/../b",
            "file:///etc/passwd", "https://a.example/%2e%2e/b", "https://a.example/\r\nx",
        ])
    func refused(text: String) {
        #expect(throws: (any Error).self) { try AbsoluteURL(text) }
    }
}
