import EgressPolicy
import Testing

@Suite("Queries")
struct QueryRendererTests {
    @Test("S6: names and values are encoded but for unreserved characters")
    func encoding() throws {
        var renderer = QueryRenderer()
        #expect(renderer.query == nil)
        #expect(renderer.target(path: "/a") == "/a")
        try renderer.append("q", "a b&c=d#e?f/g%h+i")
        try renderer.append("filter[name]", "é")
        try renderer.append("empty", "")
        let expected = "q=a%20b%26c%3Dd%23e%3Ff%2Fg%25h%2Bi&filter%5Bname%5D=%C3%A9&empty="
        #expect(renderer.query == expected)
        #expect(renderer.target(path: "/a") == "/a?" + expected)
        #expect(throws: Never.self) { try RequestTarget(renderer.target(path: "/a")) }
    }

    @Test("An array becomes one pair an item, or one pair of joined items")
    func arrays() throws {
        var renderer = QueryRenderer()
        try renderer.append("tag", exploding: ["a", "b c"])
        try renderer.append("none", exploding: [])
        try renderer.append("id", joining: ["1,2", "3"])
        try renderer.append("none", joining: [])
        #expect(renderer.query == "tag=a&tag=b%20c&id=1%2C2,3")
    }

    @Test("S7: a line break is encoded, and a NUL or a nameless parameter is refused")
    func controls() throws {
        var renderer = QueryRenderer()
        try renderer.append("q", "a\r\nX: y")
        #expect(renderer.query == "q=a%0D%0AX%3A%20y")
        let nul = #expect(throws: RenderError.self) { try renderer.append("q", "a\0") }
        #expect(nul?.code == .controlCharacter)
        for name in ["", "a\r\n", "a\0"] {
            let error = #expect(throws: RenderError.self) { try renderer.append(name, "x") }
            #expect(error?.code == .badName)
        }
    }
}
