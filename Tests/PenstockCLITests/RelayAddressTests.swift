import Testing

@testable import PenstockCLI

@Suite struct RelayAddressTests {
    @Test(
        "An address is https, or http on this machine",
        arguments: [
            ("https://relay.example.com/", "https://relay.example.com"), ("HTTPS://r:8443", "https://r:8443"),
            ("http://localhost:1", "http://localhost:1"), ("http://127.0.0.5:1", "http://127.0.0.5:1"),
            ("http://[::1]:1", "http://[::1]:1"),
        ])
    func accepted(_ text: String, _ address: String) throws {
        #expect(try RelayAddress(text).text == address)
    }

    @Test(
        "C8: an address over which the token would travel readable, or that holds one, is refused",
        arguments: [
            "http://relay.example.com", "http://127.0.0.1.evil.example", "relay.example.com", "ftp://x", "https://",
            "https://user:pw@relay.example.com", "https://relay.example.com/v1", "https://a b", "https://a?x",
            "http://localhost.example",
        ])
    func refused(_ text: String) {
        let failure = #expect(throws: CommandFailure.self) { try RelayAddress(text) }
        #expect(failure?.kind == .usage)
        #expect(failure?.message.contains("pw") == false)
    }

    @Test("A path's segments are escaped, so that none of them adds another")
    func path() {
        let path: RelayPath = "/v1/apis" / "a/../b?c#d%é" / ".." / "x.y"
        #expect("\(path)" == "/v1/apis/a%2F..%2Fb%3Fc%23d%25%C3%A9/%2E%2E/x.y")
        #expect("\(RelayPath("/v1/apis").query("a", "b&c").query("d", "e"))" == "/v1/apis?a=b%26c&d=e")
    }
}
