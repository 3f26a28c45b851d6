import NIOCore
import NIOHTTP1
import NIOSSL
import ReverseHTTP
import Testing
import Value

/// A connector with a valid token that abuses HTTP/2 at the relay.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct TunnelPeerTests {
    /// A second tunnel of the same account, whose connector is this test.
    private struct Rogue {
        let wire: TunnelWire
        let tunnel: TestRelay.Tunnel
    }

    private func rogue(_ scene: TunnelScene) async throws -> Rogue {
        let tunnel = try await scene.relay.newTunnel(scene.account, "rogue")
        try await scene.relay.apply(
            TunnelScene.api("rogue", origin: scene.origin.port, tunnel: tunnel), scene.account)
        let wire = try await scene.agent()
        try await wire.write(
            "GET /v1/tunnel HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(tunnel.token)\r\n"
                + "Connection: Upgrade\r\nUpgrade: ptth\r\nALPN: h2\r\nPenstock-Instance: rogue\r\nPenstock-Epoch: 1\r\n\r\n"
        )
        #expect(try await wire.head().hasPrefix("HTTP/1.1 101"))
        _ = try await wire.bytes(TunnelFrame.preface.count)
        try await wire.write(TunnelFrame.settings)
        return Rogue(wire: wire, tunnel: tunnel)
    }

    /// Has the rogue do its worst, and expects that it alone is sorry.
    private func abused(
        _ body: @Sendable (TunnelScene, TunnelWire) async throws -> Void
    ) async throws {
        try await TunnelScene.with { scene in
            #expect(try await scene.call().hasPrefix("HTTP/1.1 200"))
            let before = try await scene.sessions()
            #expect(before.count == 2)
            let rogue = try await rogue(scene)
            #expect(try await scene.sessions(rogue.tunnel).count == 1)
            // A call that runs while the abuse does.
            let agent = try await scene.agent()
            try await agent.write(scene.head("GET", "/during"))
            let origin = try await scene.origin.accept()
            _ = try await origin.head()

            try await body(scene, rogue.wire)
            await rogue.wire.untilEnd()
            try await eventually("the rogue's session is gone") { try await scene.sessions(rogue.tunnel).isEmpty }

            try await origin.answer("unharmed")
            #expect(try await agent.head().hasPrefix("HTTP/1.1 200"))
            #expect(try await agent.bytes(8) == "unharmed")
            #expect(try await scene.sessions() == before)
            #expect(scene.relay.process?.end == nil)
            #expect(try await scene.call().hasPrefix("HTTP/1.1 200"))
        }
    }

    /// Writes until the peer has had enough.
    private static func flood(_ wire: TunnelWire, _ frame: [UInt8]) async {
        let many = Array(repeatElement(frame, count: 500).joined())
        await withDiscardingTaskGroup { group in
            group.addTask { await wire.untilEnd() }
            for _ in 0..<2000 {
                do { try await wire.write(many) } catch { return }
            }
        }
    }

    @Test("T8: a connector that floods the relay with SETTINGS loses its own session only")
    func settings() async throws {
        try await abused { _, wire in await Self.flood(wire, TunnelFrame.settings) }
    }

    @Test("T8: a connector that floods the relay with PING loses its own session only")
    func pings() async throws {
        try await abused { _, wire in await Self.flood(wire, TunnelFrame.ping) }
    }

    @Test("T8: a connector whose answer is an HPACK bomb loses its own session only, and its agent hears of it")
    func bomb() async throws {
        try await abused { scene, wire in
            let agent = try await scene.agent()
            // One that may not be sent again, so that its failure is told at once.
            try await agent.write(scene.head("POST", "/bomb", ["Content-Length: 2"], slug: "rogue") + "hi")
            // The request's frames come; its stream is the first, which is 1.
            try await Self.request(on: wire)
            try await wire.write(TunnelFrame.bomb(stream: 1))
            let answer = try await agent.head()
            #expect(answer.hasPrefix("HTTP/1.1 502"), "\(answer)")
            await agent.close()
        }
    }

    @Test("T8: a connector that answers on streams nobody opened loses its own session only")
    func strangers() async throws {
        try await abused { _, wire in
            try await wire.write(TunnelFrame.make(1, flags: 5, stream: 4001, [0x88]))
        }
    }

    @Test("a request that its session refuses twice is sent a third time: a discovery's as a call's")
    func refusals() async throws {
        try await TunnelScene.with { scene in
            let rogue = try await rogue(scene)
            async let refusing: Void = {
                for count in 1... {
                    let stream = try await Self.request(on: rogue.wire)
                    // REFUSED_STREAM (RFC 9113, section 8.7), and each third time 404.
                    try await rogue.wire.write(
                        count.isMultiple(of: 3)
                            ? TunnelFrame.make(1, flags: 5, stream: stream, [0x8d])
                            : TunnelFrame.make(3, stream: stream, [0, 0, 0, 7]))
                }
            }()
            let called = try await scene.relay.proxy(.GET, "rogue", "/x", token: scene.account.agent)
            #expect(called.status == 404 && called.code == nil, "\(called)")
            let found = try await scene.relay.send(
                .POST, "/v1/apis:discover", scene.account.user,
                ["url": "http://127.0.0.1:1", "tunnel": .string(rogue.tunnel.id), "requests": 1])
            #expect(found.json["requests"]?[0]?["status"] == 404, "\(found)")
            await rogue.wire.close()
            try? await refusing
        }
    }

    /// Reads frames until the HEADERS of a request have come; its stream.
    @discardableResult
    private static func request(on wire: TunnelWire) async throws -> UInt32 {
        while true {
            let head = Array(try await wire.raw(9).readableBytesView)
            _ = try await wire.raw(Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2]))
            if head[3] == 1 { return head[5...8].reduce(0) { $0 << 8 | UInt32($1) } }
        }
    }
}
