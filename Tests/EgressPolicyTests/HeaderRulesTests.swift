import EgressPolicy
import Testing

@Suite("Header rules")
struct HeaderRulesTests {
    @Test(
        "S8: an argument can never set these headers, in any case or with underscores",
        arguments: [
            "Host", "Authorization", "Cookie", "Content-Length", "Transfer-Encoding", "Connection", "TE", "Trailer",
            "Upgrade", "Keep-Alive", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Anything",
            "Forwarded", "Proxy-Authorization", "Proxy-Connection", "Proxy-Whatever", "X-HTTP-Method-Override",
            "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL", "X-Real-IP", "Via", "Expect",
            ":authority", ":path", ":anything", "penstock-request-id", "Penstock-Slash", "HTTP2-Settings", "Set-Cookie",
            "Accept-Encoding",
        ])
    func reserved(name: String) {
        let twins = ["_", ".", "~", "!", "|"].map { name.replacing("-", with: $0) }
        for spelling in [name, name.lowercased(), name.uppercased()] + twins {
            #expect(HeaderRules.isReservedInRequests(spelling), "\(spelling)")
        }
    }

    @Test(
        "Ordinary headers are not reserved",
        arguments: [
            "Accept", "Content-Type", "X-API-Key", "If-Match", "Idempotency-Key", "Hosts", "Hos", "X-Host-Id", "Proxy",
            "X",
            "", "traceparent", "Cookies", "X-Forwardedx",
        ])
    func ordinary(name: String) {
        #expect(!HeaderRules.isReservedInRequests(name))
    }

    @Test("the twins of a name fold into one spelling, whatever a CGI server would fold")
    func folding() {
        for twin in ["X-User", "x_user", "X.USER", "x~user", "X'User", "x|user", "x user", "x[user"] {
            #expect(HeaderRules.folded(twin) == "x-user", "\(twin)")
        }
        #expect(HeaderRules.folded("xuser") != "x-user")
        #expect(HeaderRules.folded(":path") == ":path")
    }

    @Test("what says who is calling passes only where it is named, and the default list holds none of it")
    func identity() {
        for name in [
            "Remote-User", "remote_user", "X-Auth-Request-Email", "SSL-Client-Verify", "X-Client-Cert", "X-SSL-Cert",
            "CF-Access-Jwt-Assertion", "X-Amzn-Oidc-Data", "X-Goog-Any-Identity", "Client-IP", "X-Azure-ClientIP",
            "X-Envoy-Peer-Metadata", "X-Original-Anything", "X-Rewrite-Anything",
        ] {
            #expect(HeaderRules.isIdentity(name), "\(name)")
            #expect(!HeaderRules.isPassedInRawRequests(name), "\(name)")
        }
        for name in ["X-Goog-FieldMask", "Accept", "X-Tenant", "X-API-Version", "If-Match"] {
            #expect(!HeaderRules.isIdentity(name), "\(name)")
        }
        #expect(!HeaderRules.isPassedInRawRequests("If_Match"))
    }

    @Test("T9: headers that claim another method, path or host are known as overrides")
    func overrides() {
        for name in ["X-HTTP-Method-Override", "x_http_method", "X-Original-URL", "x-rewrite-url", "X-Host"] {
            #expect(HeaderRules.isOverride(name), "\(name)")
        }
        #expect(!HeaderRules.isOverride("X-API-Key"))
    }

    @Test("Hop-by-hop headers are known by nature, and by what Connection nominates")
    func hopByHop() {
        for name in ["Connection", "keep-alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Connection"] {
            #expect(HeaderRules.isHopByHop(name), "\(name)")
        }
        #expect(!HeaderRules.isHopByHop("Content-Length"))
        let options = ConnectionOptions(["close, X-Custom ,, Foo", "keep-alive\t,\tBAR"])
        #expect(options.names == ["x-custom", "foo", "bar"])
        #expect(options.nominates("X-CUSTOM"))
        #expect(options.drops("bar"))
        #expect(options.drops("Upgrade"))
        #expect(!options.drops("x-customs"))
        #expect(ConnectionOptions(["close", "Keep-Alive"]).names.isEmpty)
        #expect(ConnectionOptions([]).nominates("a") == false)
    }

    @Test("C5: only listed response headers pass back to an agent")
    func passedBack() {
        for name in [
            "Content-Type", "ETag", "Last-Modified", "X-RateLimit-Remaining", "RateLimit-Policy", "X-Request-Id",
        ] {
            #expect(HeaderRules.isResponseHeaderForAgent(name), "\(name)")
        }
        for name in [
            "Set-Cookie", "Server", "WWW-Authenticate", "Proxy-Authenticate", "Proxy-Status", "Alt-Svc", "Connection",
            "Strict-Transport-Security", "Public-Key-Pins", "Location", "Transfer-Encoding", "X-Powered-By",
            "Authorization",
            "X-API-Key", "Content-Typex", "", "Access-Control-Allow-Origin", "Refresh", "Content-Security-Policy",
        ] {
            #expect(!HeaderRules.isResponseHeaderForAgent(name), "\(name)")
        }
    }

    @Test("S7: a name or method is a token and nothing else")
    func tokens() {
        for name in ["a", "X-API-Key", "x_y", "!#$%&'*+-.^_`|~09azAZ"] {
            #expect(HeaderRules.isValidFieldName(name))
            #expect(HeaderRules.isValidMethod(name))
        }
        for name in [
            "", "a b", "a:", ":path", "a\r\n", "a\n", "a\0", "é", "a/b", "a(b", "a\"", "a,b", "a\u{7f}", "a[b]", "a{b}",
        ] {
            #expect(!HeaderRules.isValidFieldName(name))
            #expect(!HeaderRules.isValidMethod(name))
        }
    }

    @Test("S7: CR, LF, NUL and every other control but a tab inside is refused in a value")
    func values() {
        for value in ["", "a", "a b", "a\tb", "é", "Bearer abc==", "\"quoted\\\"\""] {
            #expect(HeaderRules.isValidFieldValue(value))
        }
        for value in ["a\r\nX: y", "a\n", "\ra", "a\0b", " a", "a ", "\ta", "a\t", "a\u{7f}", "\u{1b}[0m"] {
            #expect(!HeaderRules.isValidFieldValue(value))
        }
        for byte in (0..<0x20).map(UInt8.init) where byte != 9 {
            #expect(!HeaderRules.isValidFieldValue("a" + String(decoding: [byte], as: UTF8.self) + "b"))
        }
    }

    @Test("S7: a cookie's value can hold no separator, quote, space or control")
    func cookies() {
        #expect(HeaderRules.isValidCookieValue("abc=/+!#$"))
        #expect(HeaderRules.isValidCookieValue(""))
        for value in ["a;b", "a,b", "a b", "\"a\"", "a\\b", "a\r\n", "a\0", "é"] {
            #expect(!HeaderRules.isValidCookieValue(value))
        }
    }
}
