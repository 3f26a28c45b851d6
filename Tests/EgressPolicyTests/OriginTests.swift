import EgressPolicy
import Testing

@Suite("Origins and base URLs")
struct OriginTests {
    private func code(_ text: String) -> OriginError.Code? {
        do throws(OriginError) {
            _ = try Origin(text)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(
        "An origin omits the default port wherever it is written",
        arguments: [
            ("https://example.com", "https://example.com", "example.com", 443),
            ("HTTPS://Example.COM:443", "https://example.com", "example.com", 443),
            ("http://example.com:80", "http://example.com", "example.com", 80),
            ("http://example.com:443", "http://example.com:443", "example.com:443", 443),
            ("http://192.168.1.100:8080", "http://192.168.1.100:8080", "192.168.1.100:8080", 8080),
            ("https://[2001:DB8::1]", "https://[2001:db8::1]", "[2001:db8::1]", 443),
            ("https://[::1]:8443", "https://[::1]:8443", "[::1]:8443", 8443),
            ("https://h:65535", "https://h:65535", "h:65535", 65535),
        ])
    func accepted(text: String, description: String, authority: String, port: Int) throws {
        let origin = try Origin(text)
        #expect(origin.description == description)
        #expect(origin.authority == authority)
        #expect(origin.port == port)
        #expect(try Origin(scheme: origin.scheme.rawValue, authority: authority) == origin)
    }

    @Test(
        "S4: anything but scheme, host and port is refused",
        arguments: [
            ("example.com", OriginError.Code.notAURL), ("//example.com", .notAURL), ("https:/example.com", .notAURL),
            ("https:example.com", .notAURL), ("", .notAURL), ("ftp://example.com", .scheme),
            ("://example.com", .scheme),
            ("file:///etc/passwd", .scheme), ("httpsx://h", .scheme), (" https://h", .scheme),
            ("https://example.com/", .path), ("https://example.com/a", .path), ("https://example.com?a", .path),
            ("https://example.com#a", .path), ("https://", .host(.empty)), ("https://:443", .host(.empty)),
            ("https://user@example.com", .host(.userInfo)), ("https://user:pw@example.com", .port),
            ("https://user:80@example.com", .port), ("https://a:1@b:2", .host(.colon)),
            ("https://example.com\\@evil.com", .host(.backslash)),
            ("https://example.com\\.evil.com", .host(.backslash)),
            ("https://example.com:", .port), ("https://example.com:0", .port), ("https://example.com:65536", .port),
            ("https://example.com:0443", .port), ("https://example.com:+443", .port),
            ("https://example.com:4 3", .port),
            ("https://example.com:99999999999999999999", .port), ("https://example.com:80:80", .host(.colon)),
            ("https://::1", .host(.colon)), ("https://[::1]443", .host(.badIPv6)),
            ("https://0x7f.1", .host(.numericForm)),
            ("https://example.com.", .host(.trailingDot)), ("https://例え.jp", .host(.nonASCII)),
        ])
    func refused(text: String, expected: OriginError.Code) {
        #expect(code(text) == expected)
    }

    @Test("S4: an error never repeats what stood before an at sign")
    func secretsStayOut() {
        let error = #expect(throws: OriginError.self) { try Origin("https://bob:hunter2@example.com") }
        #expect(error?.description.contains("hunter2") == false)
        let base = #expect(throws: OriginError.self) { try BaseURL("https://bob:hunter2@example.com/x") }
        #expect(base?.description.contains("hunter2") == false)
    }

    @Test(
        "A base URL is an origin and a path prefix without a slash at the end",
        arguments: [
            ("https://crm.mycompany.com/api/v1", "https://crm.mycompany.com", "/api/v1"),
            ("https://crm.mycompany.com/api/v1/", "https://crm.mycompany.com", "/api/v1"),
            ("https://crm.mycompany.com", "https://crm.mycompany.com", ""),
            ("https://crm.mycompany.com/", "https://crm.mycompany.com", ""),
            ("http://10.0.0.1:8080/a", "http://10.0.0.1:8080", "/a"),
        ])
    func baseURL(text: String, origin: String, prefix: String) throws {
        let base = try BaseURL(text)
        #expect(base.origin.description == origin)
        #expect(base.pathPrefix == prefix)
        #expect(base.description == origin + prefix)
    }

    @Test(
        "T10: a base URL with a query, a fragment or an ambiguous path is refused",
        arguments: [
            ("https://h/a?b", OriginError.Code.query), ("https://h?b", .query), ("https://h/a#b", .fragment),
            ("https://h//", .target(.emptySegment)), ("https://h/a//b", .target(.emptySegment)),
            ("https://h/a/../b", .target(.dotSegment)), ("https://h/%2e%2e", .target(.dotSegment)),
            ("https://h/a%2fb", .target(.encodedSlash)), ("https://h/a b", .target(.controlOrSpace)),
            ("https://u@h/a", .host(.userInfo)), ("h/a", .notAURL),
        ])
    func badBaseURL(text: String, expected: OriginError.Code) {
        let error = #expect(throws: OriginError.self) { try BaseURL(text) }
        #expect(error?.code == expected)
    }
}
