import Foundation
import NIOCore
import NIOHTTP1
import ReverseHTTP
import Testing
import Value

/// Ends of a tunnel and callers that go away.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct TunnelRestartTests {
    private static func code(_ agent: TunnelWire) async throws -> (head: String, body: String) {
        let head = try await agent.head()
        let length = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
        return (head, try await agent.bytes(Int(length?.dropFirst(16) ?? "") ?? 0))
    }

    @Test("A connector that dies fails its calls by name, a call in the gap waits for the next one, and it goes on")
    func connectorRestarts() async throws {
        try await TunnelScene.with { scene in
            #expect(try await scene.call().hasPrefix("HTTP/1.1 200"))
            // A call that may not be sent twice is under way when the connector dies.
            let lost = try await scene.agent()
            try await lost.write(scene.head("POST", "/lost", ["Content-Length: 2"]) + "hi")
            let origin = try await scene.origin.accept()
            _ = try await origin.head()
            try await scene.connector.kill()
            await origin.untilEnd()
            let answer = try await Self.code(lost)
            #expect(answer.head.hasPrefix("HTTP/1.1 502"), "\(answer)")
            #expect(answer.body.contains("\"CONNECTION_REFUSED\"") && answer.body.contains("\"sent\":true"))

            // The relay has no session now; this call waits for one.
            try await eventually("the tunnel is offline") { try await scene.sessions().isEmpty }
            let waiting = try await scene.agent()
            try await waiting.write(scene.head("GET", "/waiting"))
            try await eventually("the call waits") {
                try await scene.relay.send(.GET, "/v1/tunnels/\(scene.tunnel.id)", scene.account.user)
                    .json["waiting_calls"]?.int == 1
            }
            try await scene.connector.start(ready: false)
            let wire = try await scene.origin.accept()
            #expect(try await wire.head().hasPrefix("GET /waiting "))
            try await wire.answer()
            #expect(try await waiting.head().hasPrefix("HTTP/1.1 200"))
            await wire.close()
            try await scene.connector.ready()
            #expect(try await scene.call().hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("While the relay drains, a connector says that, and not that it was answered 400")
    func drainingRelay() async throws {
        try await TunnelScene.with(relay: ["shutdown_grace": "20s"]) { scene in
            let agent = try await scene.agent()
            try await agent.write(scene.head("GET", "/last"))
            let origin = try await scene.origin.accept()
            _ = try await origin.head()
            scene.relay.process?.kill(15)
            try await eventually("the connector knows") {
                let log = try String(contentsOfFile: scene.connector.log, encoding: .utf8)
                return log.contains("takes no tunnel now (503)") && log.contains("the relay is shutting down")
            }
            try await origin.answer()
            #expect(try await agent.head().hasPrefix("HTTP/1.1 200"))
            await origin.close()
        }
    }

    @Test("A connector that is asked to leave finishes its call first")
    func connectorLeaves() async throws {
        try await TunnelScene.with { scene in
            let agent = try await scene.agent()
            try await agent.write(scene.head("GET", "/last"))
            let origin = try await scene.origin.accept()
            _ = try await origin.head()
            scene.connector.process?.kill(15)
            try await eventually("the relay was told") {
                let answer = try await scene.relay.send(.GET, "/v1/tunnels/\(scene.tunnel.id)", scene.account.user)
                return (answer.json["sessions"]?.array ?? []).allSatisfy { $0["draining"]?.bool == true }
            }
            try await origin.answer("finished")
            #expect(try await agent.head().hasPrefix("HTTP/1.1 200"))
            #expect(try await agent.bytes(8) == "finished")
            #expect(try await scene.connector.process?.ended() == .exit(0))
        }
    }

    @Test("A relay that is killed and comes back has its tunnels back unaided, and calls go on")
    func relayRestarts() async throws {
        try await TunnelScene.with { scene in
            let pending = try await scene.agent()
            try await pending.write(scene.head("GET", "/pending"))
            let origin = try await scene.origin.accept()
            _ = try await origin.head()
            try await scene.relay.kill()
            await pending.untilEnd()
            // Nobody waits for that answer any more: the origin's work is cancelled.
            await origin.untilEnd()
            try await scene.relay.start()
            try await eventually("the connector is back", within: .seconds(90)) {
                try await scene.relay.isOnline(scene.tunnel, scene.account)
            }
            #expect(try await scene.call().hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("A relay that is asked to leave finishes its call, and the next one takes over")
    func relayLeaves() async throws {
        try await TunnelScene.with { scene in
            let agent = try await scene.agent()
            try await agent.write(scene.head("GET", "/last"))
            let origin = try await scene.origin.accept()
            _ = try await origin.head()
            scene.relay.process?.kill(15)
            try await eventually("the relay is not ready any more") {
                await !Readiness.answers(port: scene.relay.adminPort)
            }
            try await origin.answer("finished")
            #expect(try await agent.head().hasPrefix("HTTP/1.1 200"))
            #expect(try await agent.bytes(8) == "finished")
            await agent.close()
            #expect(try await scene.relay.process?.ended() == .exit(0))
            try await scene.relay.start()
            try await eventually("the connector is back", within: .seconds(90)) {
                try await scene.relay.isOnline(scene.tunnel, scene.account)
            }
            #expect(try await scene.call().hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("An agent that closes its connection before the answer ends the origin's work", arguments: ["GET", "POST"])
    func callerVanishes(method: String) async throws {
        try await TunnelScene.with { scene in
            let agent = try await scene.agent()
            try await agent.write(
                scene.head(method, "/work", method == "POST" ? ["Content-Length: 2"] : [])
                    + (method == "POST" ? "hi" : ""))
            let origin = try await scene.origin.accept()
            _ = try await origin.head()
            await agent.close()
            await origin.untilEnd()
            #expect(try await scene.call().hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("An agent that closes its connection in the midst of a body either way ends the origin's work")
    func callerVanishesMidway() async throws {
        try await TunnelScene.with { scene in
            let down = try await scene.agent()
            try await down.write(scene.head("GET", "/down"))
            var origin = try await scene.origin.accept()
            _ = try await origin.head()
            try await origin.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            try await origin.writeChunk("first")
            _ = try await down.head()
            #expect(try await down.chunk() == "first")
            await down.close()
            await origin.untilEnd()

            let up = try await scene.agent()
            try await up.write(scene.head("POST", "/up", ["Transfer-Encoding: chunked"]))
            try await up.writeChunk("first")
            origin = try await scene.origin.accept()
            _ = try await origin.head()
            #expect(try await origin.chunk() == "first")
            await up.close()
            await origin.untilEnd()
            #expect(try await scene.call().hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("An agent over HTTP/2 that resets its stream ends the origin's work, and its connection goes on")
    func streamReset() async throws {
        try await TunnelScene.with { scene in
            let session = try await scene.agentSession()
            let head = RequestHead(
                method: "GET", scheme: "https", authority: "localhost", path: "/v1/proxy/api/work",
                headers: ["authorization": "Bearer \(scene.account.agent)"])
            let call = session.start(head, hasBody: false)
            let origin = try await scene.origin.accept()
            _ = try await origin.head()
            call.cancel()
            await origin.untilEnd()
            async let answer = session.send(Request(head: head))
            let next = try await scene.origin.accept()
            _ = try await next.head()
            try await next.answer()
            #expect(try await answer.head.status == 200)
            session.close()
        }
    }
}
