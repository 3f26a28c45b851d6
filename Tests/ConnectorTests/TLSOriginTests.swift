import EgressPolicy
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

@testable import Connector
@testable import ReverseHTTP

/// HTTPS origins, with certificates made by openssl.
@Suite struct TLSOriginTests {
    private func rule(_ host: String, _ port: Int, _ tls: (inout ConnectorConfiguration.TLS) -> Void)
        -> ConnectorConfiguration.Rule
    {
        var rule = ConnectorConfiguration.Rule(origin: "https://\(host):\(port)")
        tls(&rule.tls)
        return rule
    }

    @Test func aPrivateCAIsTrustedWhereTheRuleNamesIt() async throws {
        try await FakeOrigin.with(tls: .good, script: FakeOrigin.echo) { origin in
            for host in ["origin.test", "127.0.0.1"] {
                let rule = rule(host, origin.port) { $0.caFile = TestCertificates.good.ca }
                try await Rig.with([rule]) { rig in
                    let answer = try await rig.call(authority: "\(host):\(origin.port)", scheme: "https")
                    #expect(answer.status == 200)
                }
            }
        }
    }

    @Test func anUnknownCAIsACertificateError() async throws {
        try await FakeOrigin.with(tls: .good, script: FakeOrigin.echo) { origin in
            for ca in [nil, TestCertificates.otherName.ca] {
                try await Rig.with([rule("origin.test", origin.port) { $0.caFile = ca }]) { rig in
                    let answer = try await rig.call(authority: "origin.test:\(origin.port)", scheme: "https")
                    #expect(answer.status == 502 && answer.proxyError == "tls_certificate_error")
                    #expect(answer.isSent == false)
                    #expect(origin.seen.requests.isEmpty)
                }
            }
        }
    }

    @Test func aCertificateForAnotherNameIsRefusedUnlessTheRuleNamesThatName() async throws {
        try await FakeOrigin.with(tls: .otherName, script: FakeOrigin.echo) { origin in
            let ca = TestCertificates.otherName.ca
            try await Rig.with([rule("origin.test", origin.port) { $0.caFile = ca }]) { rig in
                let answer = try await rig.call(authority: "origin.test:\(origin.port)", scheme: "https")
                #expect(answer.status == 502 && answer.proxyError == "tls_certificate_error")
            }
            let named = rule("origin.test", origin.port) {
                $0.caFile = ca
                $0.serverName = .name("other.test")
            }
            try await Rig.with([named]) { rig in
                let answer = try await rig.call(authority: "origin.test:\(origin.port)", scheme: "https")
                #expect(answer.status == 200)
                #expect(origin.seen.requests.last?.contains("host: origin.test:\(origin.port)\r\n") == true)
            }
        }
    }

    @Test("a certificate for the address reached is refused where the origin has a name, and nothing is sent")
    func aCertificateForTheAddressIsNotForTheName() async throws {
        try await FakeOrigin.with(tls: .addressOnly, script: FakeOrigin.echo) { origin in
            let ca = TestCertificates.addressOnly.ca
            try await Rig.with([rule("origin.test", origin.port) { $0.caFile = ca }]) { rig in
                let answer = try await rig.call(
                    authority: "origin.test:\(origin.port)", scheme: "https", headers: ["x-api-key": "secret"])
                #expect(answer.status == 502 && answer.proxyError == "tls_certificate_error")
                #expect(answer.isSent == false && origin.seen.requests.isEmpty)
            }
            let byAddress = rule("127.0.0.1", origin.port) { $0.caFile = ca }
            let byServerName = rule("origin.test", origin.port) {
                $0.caFile = ca
                $0.serverName = .address(.v4(0x7f00_0001))
            }
            for rule in [byAddress, byServerName] {
                try await Rig.with([rule]) { rig in
                    let authority = String(rule.origin.dropFirst("https://".count))
                    let answer = try await rig.call(authority: authority, scheme: "https")
                    #expect(answer.status == 200)
                }
            }
        }
    }

    @Test("a common name is never matched, and an address no name")
    func neitherCommonNameNorOtherKind() async throws {
        for (certificates, host) in [(TestCertificates.commonName, "origin.test"), (.otherName, "127.0.0.1")] {
            try await FakeOrigin.with(tls: certificates, script: FakeOrigin.echo) { origin in
                try await Rig.with([rule(host, origin.port) { $0.caFile = certificates.ca }]) { rig in
                    let answer = try await rig.call(authority: "\(host):\(origin.port)", scheme: "https")
                    #expect(answer.status == 502 && answer.proxyError == "tls_certificate_error")
                    #expect(origin.seen.requests.isEmpty)
                }
            }
        }
    }

    @Test func verifyFalseAcceptsAnyCertificateForItsOwnRuleOnly() async throws {
        try await FakeOrigin.with(tls: .otherName, script: FakeOrigin.echo) { origin in
            let rules = [
                rule("origin.test", origin.port) { $0.verify = false }, rule("127.0.0.1", origin.port) { _ in },
            ]
            try await Rig.with(rules) { rig in
                let open = try await rig.call(authority: "origin.test:\(origin.port)", scheme: "https")
                #expect(open.status == 200)
                let strict = try await rig.call(authority: "127.0.0.1:\(origin.port)", scheme: "https")
                #expect(strict.proxyError == "tls_certificate_error")
            }
        }
    }

    @Test func anOriginThatSpeaksNoTLSIsAProtocolError() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            try await connection.write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            try await connection.untilClosed()
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([rule("origin.test", origin.port) { _ in }]) { rig in
                let answer = try await rig.call(authority: "origin.test:\(origin.port)", scheme: "https")
                #expect(answer.status == 502 && answer.proxyError == "tls_protocol_error")
            }
        }
    }

    @Test func anOriginThatNeverAnswersTheHandshakeIsAConnectionTimeout() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { try await $0.untilClosed() }
        try await FakeOrigin.with(script: script) { origin in
            let rule = rule("origin.test", origin.port) { _ in }
            try await Rig.with([rule], configure: { $0.limits.connectTimeout = .milliseconds(100) }) { rig in
                let answer = try await rig.call(authority: "origin.test:\(origin.port)", scheme: "https")
                #expect(answer.status == 504 && answer.proxyError == "connection_timeout" && answer.isSent == false)
            }
        }
    }

    @Test func aMissingCAFileStopsTheConnectorWithOneSentence() throws {
        let rule = rule("origin.test", 443) { $0.caFile = "/nowhere/ca.pem" }
        let error = #expect(throws: ConnectorError.self) { _ = try OriginTLS([rule]) }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("/nowhere/ca.pem") == true)
    }
}
