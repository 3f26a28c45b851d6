import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("The relay is told to leave", .serialized, .timeLimit(.minutes(2)))
struct OperatorSignalTests {
    @Test("One signal waits for the calls under way, a second one does not")
    func secondSignal() async throws {
        let stage = try await Stage.make(relay: ["shutdown_grace": "1h"], timeout: 120_000)
        let relay = stage.relay
        let call = Task { try await relay.proxy(.GET, Stage.slug, "/gated", token: stage.account.agent) }
        let gate = try await stage.origin.nextGate()
        relay.process?.kill(SIGTERM)
        try await eventually("the relay takes no more calls") { await !Readiness.answers(port: relay.adminPort) }
        #expect(relay.process?.end == nil, "a call is under way")
        relay.process?.kill(SIGTERM)
        #expect(try await relay.process?.ended() == .exit(1))
        _ = await call.result
        try await eventually("the origin's work is cancelled") { gate.isGone }
        // Whatever was forced, what was recorded is whole.
        #expect(try await relay.auditVerifies())
        try await stage.connector.stop()
    }
}
