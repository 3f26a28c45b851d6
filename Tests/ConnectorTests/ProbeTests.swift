import EgressPolicy
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import Connector
@testable import ReverseHTTP

/// `penstock-probe`: what a relay may ask without the origin being called.
@Suite("A probe is answered by the connector, and no origin sees a request of it") struct ProbeTests {
    /// An origin that keeps count of its connections and gives up what is sent on them.
    private static let listening: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
        while try await connection.head() != nil { try await connection.answer("called") }
    }

    @Test("the policy alone is judged without a connection, and the way with one that is closed again")
    func depths() async throws {
        try await FakeOrigin.with(script: Self.listening) { origin in
            try await Rig.with([origin.rule]) { rig in
                let policy = try await rig.call(
                    "POST", "/items?x=1", authority: origin.authority, headers: ["penstock-probe": "policy"])
                #expect(policy.status == 204 && policy.headers["proxy-status"] == ["penstock-connector"])
                #expect(origin.seen.connections == 0)
                for count in 1...2 {
                    let way = try await rig.call(
                        "POST", "/items", authority: origin.authority, headers: ["penstock-probe": "connect"])
                    #expect(way.status == 204 && way.body.isEmpty)
                    await origin.seen.waitForConnections(count)
                    #expect(origin.seen.connections == count)
                }
                // A call finds no connection of a probe's.
                #expect(try await rig.call(authority: origin.authority).body == "called")
                #expect(origin.seen.connections == 3 && origin.seen.requests.count == 1)
                // And a probe takes none of a call's.
                _ = try await rig.call(authority: origin.authority, headers: ["penstock-probe": "connect"])
                await origin.seen.waitForConnections(4)
                #expect(origin.seen.requests.count == 1)
            }
        }
    }

    @Test("a rule that denies, a closed port, a name that does not resolve and a strange certificate are told apart")
    func failures() async throws {
        let resolver = NameResolver(threads: 1) { _ throws(Failure) in throw Failure(.dnsError, "no such name") }
        try await FakeOrigin.with(tls: .otherName, script: Self.listening) { origin in
            var narrow = ConnectorConfiguration.Rule(origin: "http://127.0.0.1:\(origin.port)")
            narrow.methods = ["GET"]
            var strange = ConnectorConfiguration.Rule(origin: "https://origin.test:\(origin.port)")
            strange.tls.caFile = TestCertificates.otherName.ca
            let rules = [narrow, strange, .init(origin: "http://127.0.0.1:1"), .init(origin: "http://gone.test:80")]
            try await Rig.with(rules, resolver: resolver) { rig in
                func probe(_ authority: String, scheme: String = "http", _ depth: String = "connect") async throws
                    -> Answer
                {
                    let answer = try await rig.call(
                        "POST", authority: authority, scheme: scheme, headers: ["penstock-probe": depth])
                    #expect(answer.isSent == false)
                    return answer
                }
                for depth in ["policy", "connect"] {
                    let denied = try await probe("127.0.0.1:\(origin.port)", depth)
                    #expect(denied.status == 403 && denied.proxyError == "http_request_denied")
                    let unlisted = try await probe("127.0.0.2:80", depth)
                    #expect(unlisted.status == 403 && unlisted.proxyError == "http_request_denied")
                }
                #expect(try await probe("127.0.0.1:1").proxyError == "connection_refused")
                #expect(try await probe("gone.test:80").proxyError == "dns_error")
                #expect(
                    try await probe("origin.test:\(origin.port)", scheme: "https").proxyError == "tls_certificate_error"
                )
            }
            #expect(origin.seen.requests.isEmpty)
        }
    }

    @Test("a probe that is not understood, or has a body, is refused, and never taken for a call")
    func unknown() async throws {
        try await FakeOrigin.with(script: Self.listening) { origin in
            try await Rig.with([origin.rule]) { rig in
                for value in ["", "?1", "call", "connect, policy", "POLICY"] {
                    let answer = try await rig.call(authority: origin.authority, headers: ["penstock-probe": value])
                    #expect(answer.status == 400 && answer.proxyError == "http_request_error", "\(value)")
                }
                let body = try await rig.call(
                    "POST", authority: origin.authority, headers: ["penstock-probe": "connect"], body: "x")
                #expect(body.status == 400)
                #expect(origin.seen.connections == 0)
            }
        }
    }

    @Test("the local audit has each probe as that, and the tunnel's request says that probes are understood")
    func recorded() async throws {
        let path = TestFiles.path("audit.jsonl")
        try await FakeOrigin.with(script: Self.listening) { origin in
            try await Rig.with([origin.rule], configure: { $0.auditFile = path }) { rig in
                for depth in ["policy", "connect"] {
                    _ = try await rig.call(
                        authority: origin.authority,
                        headers: ["penstock-probe": depth, "penstock-request-id": "r-\(depth)"])
                }
                #expect(rig.relay.heads.first?.contains("penstock-capabilities: probe\r\n") == true)
            }
        }
        let lines = try TestFiles.read(path).split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(lines.map { $0["probe"] as? String } == ["policy", "connect"])
        #expect(lines.map { $0["request_id"] as? String } == ["r-policy", "r-connect"])
        #expect(lines.allSatisfy { $0["decision"] as? String == "allowed" && $0["status"] as? Int == 204 })
        #expect(lines.map { $0["address"] as? String } == [nil, "127.0.0.1"])
        #expect(lines.allSatisfy { $0["upstream_status"] == nil })
    }
}
