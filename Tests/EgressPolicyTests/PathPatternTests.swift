import EgressPolicy
import Testing

@Suite("Path patterns")
struct PathPatternTests {
    @Test(
        "A star at the end is a prefix, and elsewhere stays within its segment",
        arguments: [
            ("/api/v1/*", "/api/v1/", true), ("/api/v1/*", "/api/v1/a/b", true), ("/api/v1/*", "/api/v1", false),
            ("/api/v1/*", "/api/v10", false), ("/api/v1/**", "/api/v1/a/b", true), ("/api*", "/apix/y", true),
            ("/*", "/", true), ("/*", "/anything/at/all", true), ("/a", "/a", true), ("/a", "/a/", false),
            ("/a", "/A", false), ("/", "/", true), ("/", "/a", false), ("/users/*/orders", "/users/7/orders", true),
            ("/users/*/orders", "/users/7/8/orders", false), ("/users/*/orders", "/users/7/orders/", false),
            ("/users/*/orders", "/users//orders", true), ("/users/*/orders/*", "/users/7/orders/1/2", true),
            ("/a*c/d", "/abcbc/d", true), ("/a*c/d", "/ac/d", true), ("/a*c/d", "/ab/c/d", false),
            ("/*a*b/c", "/xaxbb/c", true), ("/*a*b/c", "/xb/c", false), ("/*/x/*/y", "/1/x/2/y", true),
            ("/*/x/*/y", "/1/x/x/2/y", false), ("/*.json", "/a.json.json", true), ("/*.json", "/a.jsonx", false),
        ])
    func matching(pattern: String, path: String, expected: Bool) throws {
        #expect(try PathPattern(pattern).matches(path) == expected)
    }

    @Test(
        "T10: an encoded spelling of an allowed path does not match, since bytes are compared as the origin sees them")
    func rawBytes() throws {
        #expect(try !PathPattern("/api/*").matches("/%61pi/x"))
        #expect(try PathPattern("/a%20b").matches("/a%20b"))
        #expect(try !PathPattern("/a%2Fb").matches("/a%2fb"))
    }

    @Test(
        "A pattern that can match no request is refused by name",
        arguments: ["", "*", "api/*", "/a?b=*", "/a//*", "/../*", "/a b", "/é", "/%zz", "/a#b", "https://h/a"])
    func malformed(text: String) {
        let error = #expect(throws: RuleError.self) { try PathPattern(text) }
        #expect(error?.text == text)
    }

    @Test("Matching many stars against a long path stays cheap")
    func pathological() throws {
        let pattern = try PathPattern("/" + String(repeating: "a*", count: 50) + "b/")
        #expect(!pattern.matches("/" + String(repeating: "a", count: 4000) + "/"))
    }

    @Test("A pattern describes itself")
    func description() throws {
        #expect(try PathPattern("/a/*/b/*").description == "/a/*/b/*")
        #expect(PathPattern.any.description == "/*")
    }
}
