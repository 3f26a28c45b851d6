import EgressPolicy
import NIOCore
import NIOHTTP1
import Testing

@testable import Connector
@testable import ReverseHTTP

/// What a relay may ask for, and what of it happens.
@Suite(.serialized) struct PolicyTests {
    @Test(
        "T9: a relay that asks for what the local file does not list is refused, and no origin is touched",
        arguments: [
            ("GET", "http", "127.0.0.1:1", "/api/x"), ("GET", "https", "ORIGIN", "/api/x"),
            ("GET", "http", "127.1:PORT", "/api/x"),
            ("GET", "http", "0x7f000001:PORT", "/api/x"), ("GET", "http", "2130706433:PORT", "/api/x"),
            ("GET", "http", "[::1]:PORT", "/api/x"), ("GET", "http", "[::ffff:127.0.0.2]:PORT", "/api/x"),
            ("GET", "http", "user@ORIGIN", "/api/x"), ("GET", "http", "ORIGIN@evil.example", "/api/x"),
            ("GET", "http", "169.254.169.254", "/latest/meta-data"), ("GET", "ftp", "ORIGIN", "/api/x"),
            ("GET", "file", "ORIGIN", "/etc/passwd"), ("DELETE", "http", "ORIGIN", "/api/x"),
            ("get", "http", "ORIGIN", "/api/x"), ("CONNECT", "http", "ORIGIN", "/api/x"),
            ("GET", "http", "ORIGIN", "/admin"), ("GET", "http", "ORIGIN", "/apix"),
            ("GET", "http", "ORIGIN", "/API/x"), ("GET", "http", "ORIGIN", "/api/../admin"),
        ])
    func unlistedRequestsAreRefused(method: String, scheme: String, authority: String, path: String) async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            var rule = origin.rule
            rule.methods = ["GET", "POST"]
            rule.paths = ["/api/*"]
            try await Rig.with([rule]) { rig in
                let authority = authority.replacing("ORIGIN", with: origin.authority)
                    .replacing("PORT", with: "\(origin.port)")
                if method == "CONNECT" {
                    // An ordinary CONNECT has no path, and one with a path is malformed HTTP/2.
                    _ = await #expect(throws: StreamError.self) {
                        _ = try await rig.call(method, path, authority: authority, scheme: scheme)
                    }
                } else {
                    let answer = try await rig.call(method, path, authority: authority, scheme: scheme)
                    #expect(answer.status == 403)
                    #expect(answer.proxyError == "http_request_denied")
                    #expect(answer.isSent == false)
                    #expect(answer.headers["proxy-status"].first?.hasPrefix("penstock-connector; ") == true)
                }
                #expect(origin.seen.connections == 0)
            }
        }
    }

    @Test(
        "T9: a header that claims another method, path or host is refused",
        arguments: ["x-http-method-override", "x-original-url", "x_http_method_override", "x-rewrite-url"])
    func overridesAreRefused(name: String) async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            try await Rig.with([origin.rule]) { rig in
                let answer = try await rig.call(authority: origin.authority, headers: [name: "DELETE"])
                #expect(answer.status == 403 && answer.proxyError == "http_request_denied")
            }
        }
    }

    @Test("T9: a body longer than its content-length never becomes a second request")
    func aBodyCannotSmuggleARequest() async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            try await Rig.with([origin.rule]) { rig async throws in
                let head = RequestHead(
                    method: "POST", scheme: "http", authority: origin.authority, path: "/",
                    headers: ["content-length": "5"])
                let call = await rig.session.start(head, hasBody: true)
                try? await call.write(ByteBuffer(string: "helloDELETE /admin HTTP/1.1\r\nhost: x\r\n\r\n"))
                call.finish()
                _ = try? await Answer(call.response())
                #expect(try await rig.call("GET", "/next", authority: origin.authority).status == 200)
                #expect(origin.seen.requests.allSatisfy { !$0.contains("DELETE") })
            }
        }
    }

    @Test(
        "T10: ambiguous paths are refused, not rewritten",
        arguments: [
            "//api/x", "/api//x", "/api/./x", "/api/../x", "/api/%2e%2e/x", "/api/.%2E/x", "/api/%2e/x", "/api/a%2Fb",
            "/api/a%5cb", "/api/a\\b", "/api/x#y", "/api/%zz", "/api/%00", "/api/x/..", "api/x", "*",
            "http://127.0.0.1/api/x",
        ])
    func ambiguousPathsAreRefused(path: String) async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            try await Rig.with([origin.rule]) { rig in
                let answer = try? await rig.call("GET", path, authority: origin.authority)
                // What is not even HTTP/2 is reset before anybody judges it.
                if let answer { #expect(answer.status == 403 && answer.proxyError == "http_request_denied") }
                #expect(origin.seen.connections == 0)
            }
        }
    }

    @Test("T10: the origin sees the bytes that were judged")
    func theOriginSeesTheSameBytes() async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            try await Rig.with([origin.rule]) { rig in
                for path in ["/a%20b/%C3%BC?x=%2F..%2f&y=//", "/A;b=c/d,e/~f", "/%41"] {
                    let answer = try await rig.call("GET", path, authority: origin.authority)
                    #expect(answer.body == "GET \(path) HTTP/1.1")
                }
            }
        }
    }

    @Test("S6: an encoded slash passes only where both the call and the rule allow it")
    func encodedSlashes() async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            var permissive = origin.rule
            permissive.permitsEncodedSlashes = true
            for (rule, asks, status) in [
                (origin.rule, true, 403), (permissive, false, 403), (permissive, true, 200),
            ] {
                try await Rig.with([rule]) { rig in
                    let answer = try await rig.call(
                        "GET", "/a%2Fb", authority: origin.authority,
                        headers: asks ? ["penstock-slash": "allow"] : [:])
                    #expect(answer.status == status)
                }
            }
        }
    }

    @Test("S1: a name that resolves to loopback is refused unless a rule names exactly that host")
    func loopbackNeedsAnExactRule() async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            let resolver = NameResolver(threads: 1) { _ throws(Failure) in [.v4(0x7f00_0001)] }
            let wildcard = ConnectorConfiguration.Rule(origin: "http://*.corp.test:*")
            try await Rig.with([wildcard], resolver: resolver) { rig in
                let answer = try await rig.call(authority: "crm.corp.test:\(origin.port)")
                #expect(answer.status == 403 && answer.proxyError == "destination_ip_prohibited")
                #expect(origin.seen.connections == 0)
            }
            let again = NameResolver(threads: 1) { _ throws(Failure) in [.v4(0x7f00_0001)] }
            let exact = ConnectorConfiguration.Rule(origin: "http://crm.corp.test:*")
            try await Rig.with([exact], resolver: again) { rig in
                let answer = try await rig.call(authority: "CRM.corp.test:\(origin.port)")
                #expect(answer.status == 200)
                #expect(origin.seen.requests.first?.contains("host: crm.corp.test:\(origin.port)\r\n") == true)
            }
        }
    }

    @Test("S1: of a name's addresses only the allowed ones are dialled")
    func onlyAllowedAddressesAreDialled() async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            let resolver = NameResolver(threads: 1) { _ throws(Failure) in
                [.v4(0xa9fe_a9fe), .v4(0x7f00_0002), .v4(0x7f00_0001)]
            }
            let rule = ConnectorConfiguration.Rule(origin: "http://127.0.0.1:\(origin.port)")
            try await Rig.with([rule], resolver: resolver) { rig in
                let answer = try await rig.call(authority: "any.test:\(origin.port)")
                #expect(answer.status == 200)
                #expect(origin.seen.requests.first?.contains("host: any.test:\(origin.port)\r\n") == true)
            }
        }
    }
}
