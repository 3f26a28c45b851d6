import EgressPolicy
import Testing

@Suite("Origin patterns")
struct OriginPatternTests {
    @Test(
        "The three kinds of pattern are read",
        arguments: [
            ("http://192.168.1.100:8080", "http://192.168.1.100:8080"), ("https://CRM.corp", "https://crm.corp"),
            ("https://*.Internal.example:8443", "https://*.internal.example:8443"),
            ("http://10.20.0.0/16:*", "http://10.20.0.0/16:*"), ("http://10.20.0.0/16", "http://10.20.0.0/16"),
            ("https://h:*", "https://h:*"), ("http://[fd00:20::]/32:*", "http://[fd00:20::/32]:*"),
            ("http://[fd00:20::/32]:81", "http://[fd00:20::/32]:81"), ("http://[::1]:8080", "http://[::1]:8080"),
        ])
    func accepted(text: String, description: String) throws {
        let pattern = try OriginPattern(text)
        #expect(pattern.description == description)
        #expect(try OriginPattern(description) == pattern)
    }

    @Test(
        "S4: a malformed origin is refused with a sentence that names it",
        arguments: [
            "", "crm.corp", "ftp://crm.corp", "http://", "http://*", "http://*:80", "http://*.*.corp",
            "http://a.*.corp",
            "http://crm*.corp", "http://*.10.0.0.1", "http://crm.corp/", "http://crm.corp/api", "http://crm.corp:0",
            "http://crm.corp:65536", "http://crm.corp:8*", "http://crm.corp:", "http://crm.corp.", "http://0x7f.1",
            "http://127.1", "http://user@crm.corp", "http://10.20.1.0/16:*", "http://10.20.0.0/33:*",
            "http://10.20.0.0/16/x",
            "http://fd00::/8:80", "http://[10.0.0.0/8]:80", "http://*.", "http://crm.corp:80/x", "http://crm corp",
            "http://bücher.example",
        ])
    func malformed(text: String) {
        let error = #expect(throws: RuleError.self) { try OriginPattern(text) }
        #expect(error?.text == text)
        #expect(error?.message.hasSuffix(".") == true)
        #expect(error?.message.hasSuffix("..") == false)
    }

    @Test("A sentence about a malformed rule leaves out a password that the rule has")
    func secretsStayOut() {
        let rule = #expect(throws: RuleError.self) { try OriginPattern("http://bob:hunter2@crm.corp") }
        #expect(rule?.message.contains("\"http://***@crm.corp\"") == true)
        #expect(rule?.message.contains("hunter2") == false)
        let pattern = #expect(throws: RuleError.self) { try URLAllowlist(["https://bob:hunter2@h/*"]) }
        #expect(pattern?.message.contains("hunter2") == false)
    }
}
