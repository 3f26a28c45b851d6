import EgressPolicy
import Testing

@Suite("URL allowlist")
struct URLAllowlistTests {
    private func allows(_ patterns: [String], _ origin: String, _ target: String = "/") throws -> Bool {
        try URLAllowlist(patterns).allows(Origin(origin), RequestTarget(target))
    }

    @Test(
        "S5: scheme, host and port are exact, subdomains only where they are written",
        arguments: [
            ("https://crm.mycompany.com/*", "https://crm.mycompany.com", "/api/v1/x", true),
            ("https://crm.mycompany.com/*", "https://crm.mycompany.com:443", "/", true),
            ("https://crm.mycompany.com/*", "https://CRM.mycompany.com", "/x?y=z", true),
            ("https://crm.mycompany.com/*", "http://crm.mycompany.com", "/", false),
            ("https://crm.mycompany.com/*", "https://crm.mycompany.com:8443", "/", false),
            ("https://crm.mycompany.com/*", "https://mycompany.com", "/", false),
            ("https://crm.mycompany.com/*", "https://a.crm.mycompany.com", "/", false),
            ("https://crm.mycompany.com/*", "https://crm.mycompany.com.evil.com", "/", false),
            ("https://*.mycompany.com/*", "https://a.b.mycompany.com", "/", true),
            ("https://*.mycompany.com/*", "https://mycompany.com", "/", false),
            ("https://*.mycompany.com/*", "https://evilmycompany.com", "/", false),
            ("https://h:8443/*", "https://h:8443", "/", true), ("https://h", "https://h", "/any/path", true),
            ("https://h/", "https://h", "/any", false), ("https://h/", "https://h", "/", true),
            ("https://h/api/*", "https://h", "/apix", false), ("https://h/api/*", "https://h", "/%61pi/x", false),
            ("https://h/api/*/x", "https://h", "/api/1/x", true),
            ("https://h/api/*/x", "https://h", "/api/1/2/x", false),
            ("http://10.0.0.5:8080/*", "http://10.0.0.5:8080", "/", true),
        ])
    func judging(pattern: String, origin: String, target: String, expected: Bool) throws {
        #expect(try allows([pattern], origin, target) == expected)
    }

    @Test("An empty list allows nothing, and any entry suffices")
    func lists() throws {
        #expect(try !allows([], "https://h"))
        #expect(try allows(["https://a/*", "https://h/*"], "https://h"))
    }

    @Test("The default is everything below the base URL, and not the base itself or its neighbours")
    func belowBase() throws {
        let base = try BaseURL("https://crm.mycompany.com/api/v1")
        let list = URLAllowlist(below: base)
        #expect(try list.allows(base.origin, RequestTarget("/api/v1/customers")))
        #expect(try !list.allows(base.origin, RequestTarget("/api/v10")))
        #expect(try !list.allows(base.origin, RequestTarget("/admin")))
        #expect(try list == URLAllowlist(["https://crm.mycompany.com/api/v1/*"]))
        let root = try BaseURL("https://crm.mycompany.com/")
        #expect(try URLAllowlist(below: root).allows(root.origin, RequestTarget("/")))
    }

    @Test(
        "A malformed pattern is refused with its index and its text",
        arguments: [
            "", "*", "crm.mycompany.com/*", "https://*/*", "https://h:*/x", "ftp://h/*", "https://h/a?b=*",
            "https://h/a#b",
            "https://u:p@h/*", "https://h/../*", "https://h//*", "https://127.1/*", "https://h*/x", "https://h./*",
        ])
    func malformed(pattern: String) {
        let error = #expect(throws: RuleError.self) { try URLAllowlist(["https://ok/*", pattern]) }
        #expect(error?.index == 1)
        #expect(error?.text == pattern)
    }
}
