import EgressPolicy
import NIOCore
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@testable import Connector
@testable import ReverseHTTP
import Version

/// The connector's end of the tunnel: how it dials, leaves, comes back and does not hammer.
@Suite struct TunnelTests {
    @Test func theUpgradeCarriesTokenAndIdentity() async throws {
        try await Rig.with([.init(origin: "http://127.0.0.1:1")]) { rig in
            _ = await rig.session
            let head = try #require(rig.relay.heads.first)
            #expect(head.hasPrefix("GET /v1/tunnel HTTP/1.1\r\n"))
            #expect(head.split(separator: "GET ").count == 1)
            #expect(head.contains("authorization: Bearer secret-token\r\n"))
            #expect(head.contains("host: relay.test:\(rig.relay.port)\r\n"))
            #expect(head.contains("penstock-epoch: 1\r\n") && head.contains("-0\r\n"))
            #expect(head.contains("penstock-version: \(Version.text)\r\n"))
        }
    }

    @Test func twoSessionsByDefaultEachWithHalfTheRequests() async throws {
        let configure: (inout ConnectorConfiguration) -> Void = {
            $0.connections = 2
            $0.limits.concurrentRequests = 64
        }
        try await Rig.with([.init(origin: "http://127.0.0.1:1")], configure: configure) { rig in
            for number in 1...2 {
                let session = await rig.relay.session(number)
                // A call after which SETTINGS have surely come.
                let head = RequestHead(method: "GET", scheme: "http", authority: "127.0.0.1:1", path: "/")
                _ = try await session.send(Request(head: head))
                #expect(session.peerStreamLimit == 32)
            }
            #expect(rig.connector.sessionCount == 2)
        }
    }

    @Test func aLostSessionIsDialledAgain() async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            try await Rig.with([origin.rule], surroundings: .immediate) { rig async throws in
                await rig.session.close()
                let second = await rig.relay.session(2)
                let head = RequestHead(method: "GET", scheme: "http", authority: origin.authority, path: "/")
                #expect(try await second.send(Request(head: head)).head.status == 200)
                #expect(rig.relay.heads.last?.contains("penstock-epoch: 2\r\n") == true)
            }
        }
    }

    @Test func whenTheRelayLeavesTheNewSessionIsUpBeforeTheOldOneEnds() async throws {
        let gate = Signal()
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            await gate.wait()
            try await connection.answer("late")
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule], surroundings: .immediate) { rig async throws in
                let first = await rig.session
                let head = RequestHead(method: "GET", scheme: "http", authority: origin.authority, path: "/")
                async let answer = Answer(first.send(Request(head: head)))
                await origin.seen.waitForRequest()
                first.drain()
                _ = await rig.relay.session(2)
                gate.open()
                #expect(try await answer.body == "late")
            }
        }
    }

    @Test("a lost tunnel is logged with its reason")
    func lostWithReason() async throws {
        let lines = LogLines()
        let rule = ConnectorConfiguration.Rule(origin: "http://10.0.0.1")
        try await Rig.with([rule], logger: lines.logger) { rig in
            try await rig.relay.session().channel.close()
            let line = await lines.line(containing: "tunnel is lost")
            #expect(
                line.contains("reason=the peer closed the connection") || line.contains("reason=the connection failed"))
        }
    }

    @Test("a relay that takes no tunnel now is named as such, in its own words")
    func leavingRelay() async throws {
        let lines = LogLines()
        let relay = try await FakeRelay.start()
        let body = #"{"detail": "No tunnel is opened: the relay is shutting down."}"#
        relay.refuse(
            "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)")
        let rule = ConnectorConfiguration.Rule(origin: "http://10.0.0.1")
        try await Rig.with([rule], relay: relay, logger: lines.logger) { _ in
            let line = await lines.line(containing: "tunnel cannot be established")
            #expect(
                line.contains("the relay takes no tunnel now (503): No tunnel is opened: the relay is shutting down."))
        }
    }

    @Test(arguments: [401, 403])
    func aRefusalIsNotHammeredAndNamedAsOne(status: Int) async throws {
        let relay = try await FakeRelay.start(refusal: "HTTP/1.1 \(status) No\r\ncontent-length: 0\r\n\r\n")
        let sleeps = Sleeps()
        try await Rig.with(
            [.init(origin: "http://127.0.0.1:1")], relay: relay, surroundings: sleeps.surroundings
        ) { rig in
            var waits: [Duration] = []
            for _ in 0..<12 { waits.append(await sleeps.next()) }
            // Full jitter of 1 in the test: each wait is its ceiling, and at least the first ceiling is added.
            #expect(waits.first == .seconds(1))
            #expect(waits.last.map { $0 >= .seconds(300) } == true)
            #expect(zip(waits, waits.dropFirst()).allSatisfy { $0 <= $1 })
            #expect(relay.heads.count <= 13)
            relay.refuse(nil)
            sleeps.passAll()
            _ = await rig.session
        }
    }

    @Test func retryAfterIsObeyed() async throws {
        let relay = try await FakeRelay.start(
            refusal: "HTTP/1.1 503 Busy\r\nretry-after: 77\r\ncontent-length: 0\r\n\r\n")
        let sleeps = Sleeps()
        try await Rig.with(
            [.init(origin: "http://127.0.0.1:1")], relay: relay, surroundings: sleeps.surroundings
        ) { _ in
            #expect(await sleeps.next() >= .seconds(77))
        }
    }

    @Test func aRelayWithAnUntrustedCertificateIsNeverGivenTheToken() async throws {
        let relay = try await FakeRelay.start(.otherName)
        let sleeps = Sleeps()
        try await Rig.with(
            [.init(origin: "http://127.0.0.1:1")], relay: relay, surroundings: sleeps.surroundings
        ) { _ in
            // Takes refusals' longer way, which never falls below the first ceiling.
            #expect(await sleeps.next() >= .seconds(1))
            #expect(relay.heads.isEmpty)
        }
    }

    @Test("a relay whose certificate is for the address reached, not for its name, is never given the token")
    func aRelayWithACertificateForItsAddressOnly() async throws {
        let relay = try await FakeRelay.start(.addressOnly)
        let sleeps = Sleeps()
        try await Rig.with(
            [.init(origin: "http://127.0.0.1:1")], relay: relay, surroundings: sleeps.surroundings,
            configure: { $0.caFile = TestCertificates.addressOnly.ca }
        ) { _ in
            #expect(await sleeps.next() >= .seconds(1))
            #expect(relay.heads.isEmpty)
        }
    }

    @Test func aNewTokenIsReadAtTheNextDial() async throws {
        let sleeps = Sleeps()
        let relay = try await FakeRelay.start(refusal: "HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n")
        let token = try TestFiles.write("first\n", as: "token")
        try await Rig.with(
            [.init(origin: "http://127.0.0.1:1")], relay: relay, surroundings: sleeps.surroundings,
            configure: { $0.tokenFile = token }
        ) { rig in
            await relay.dials(1)
            try TestFiles.overwrite(token, "second\n")
            relay.refuse(nil)
            sleeps.passAll()
            _ = await rig.session
            #expect(relay.heads.last?.contains("Bearer second\r\n") == true)
        }
    }

    @Test("T12: /livez ignores the tunnel, /readyz follows it, /metrics counts")
    func health() async throws {
        let sleeps = Sleeps()
        let relay = try await FakeRelay.start()
        let configure: (inout ConnectorConfiguration) -> Void = {
            $0.healthListen = .init(address: .v4(0x7f00_0001), port: 0)
        }
        try await Rig.with(
            [.init(origin: "http://127.0.0.1:1")], relay: relay, surroundings: sleeps.surroundings,
            configure: configure
        ) { rig in
            let session = await rig.session
            _ = try await rig.call(authority: "127.0.0.1:1")
            let port = try #require(rig.connector.healthPort)
            #expect(try await get("/livez", port: port).hasPrefix("HTTP/1.1 200"))
            #expect(try await get("/readyz", port: port).hasPrefix("HTTP/1.1 200"))
            let metrics = try await get("/metrics", port: port)
            #expect(metrics.contains("\npenstock_tunnel_sessions 1\n"))
            #expect(metrics.contains("\npenstock_calls_total{outcome=\"unreachable\"} 1\n"))
            let listen = ConnectorConfiguration.Listen(address: .v4(0x7f00_0001), port: port)
            #expect(try await onOwnThread { HealthProbe.fault(listen) } == nil)
            // The cable is cut, and the connector waits for its next dial.
            relay.refuse("HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n")
            session.close()
            _ = await sleeps.next()
            #expect(try await get("/livez", port: port).hasPrefix("HTTP/1.1 200"))
            #expect(try await get("/readyz", port: port).hasPrefix("HTTP/1.1 503"))
            #expect(try await onOwnThread { HealthProbe.fault(listen) }?.contains("/readyz") == true)
        }
    }

    /// What a local HTTP server answers, head included.
    private func get(_ path: String, port: Int) async throws -> String {
        let arguments = ["--silent", "--include", "--max-time", "60", "http://127.0.0.1:\(port)\(path)"]
        return try await Program.output("curl", arguments).replacing("\r\n", with: "\n")
    }

    @Test func aHealthPortInUseStopsTheConnectorWithOneSentence() async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            let configuration = try await Rig.configuration([origin.rule], relayPort: 1) {
                $0.healthListen = .init(address: .v4(0x7f00_0001), port: origin.port)
            }
            let connector = try Connector(configuration: configuration, logger: quiet)
            let error = await #expect(throws: ConnectorError.self) { try await connector.run() }
            #expect(error?.code == .failed)
            #expect(error?.message.contains("health.listen") == true)
        }
    }

    @Test func leavingGracefullyLetsCallsFinish() async throws {
        let gate = Signal()
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            await gate.wait()
            try await connection.answer("late")
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule], configure: { $0.shutdownGrace = .seconds(20) }) { rig async throws in
                let session = await rig.session
                let left = Signal()
                session.onPeerLeaving { left.open() }
                let head = RequestHead(method: "GET", scheme: "http", authority: origin.authority, path: "/")
                async let answer = Answer(session.send(Request(head: head)))
                await origin.seen.waitForRequest()
                rig.connector.shutdown()
                await left.wait()
                gate.open()
                #expect(try await answer.body == "late")
            }
        }
    }
}
