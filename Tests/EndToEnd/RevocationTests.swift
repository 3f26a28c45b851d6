import NIOHTTP1
import Testing
import Value

@Suite("What is revoked stops working at once", .serialized, .timeLimit(.minutes(2)))
struct RevocationTests {
    @Test("C7: a revoked agent token is refused by the very next call")
    func agentToken() async throws {
        let stage = try await Stage.make()
        #expect(try await stage.call("hello").status == 200)
        let gone = try await stage.relay.send(.DELETE, "/v1/tokens/\(stage.account.agentID)", stage.account.user)
        #expect((200..<300).contains(gone.status), "\(gone)")
        expectProblem(try await stage.call("hello"), "UNAUTHORIZED", 401)
        expectProblem(
            try await stage.relay.proxy(.GET, Stage.slug, "/hello", token: stage.account.agent), "UNAUTHORIZED", 401)
        try await stage.relay.kill()
        try await stage.relay.start()
        expectProblem(try await stage.call("hello"), "UNAUTHORIZED", 401)
        #expect(stage.origin.seen.count == 1)
        try await stage.end()
    }

    @Test("C7: a revoked tunnel token ends its session, calls are TUNNEL_OFFLINE, and the connector stays out")
    func tunnelToken() async throws {
        let stage = try await Stage.make()
        #expect(try await stage.call("hello").status == 200)
        let gone = try await stage.relay.send(.DELETE, "/v1/tokens/\(stage.tunnel.tokenID)", stage.account.user)
        #expect((200..<300).contains(gone.status), "\(gone)")
        expectProblem(try await stage.call("hello"), "TUNNEL_OFFLINE", 503, stage: "tunnel")
        try await eventually("the connector is not ready") {
            await !Readiness.answers(port: stage.connector.healthPort)
        }
        #expect(await Readiness.answers(port: stage.connector.healthPort, path: "/livez"))
        expectProblem(try await stage.call("hello"), "TUNNEL_OFFLINE", 503, stage: "tunnel")
        try await stage.end()
    }

    @Test("C7: a deleted tunnel ends the call that is under way and every later one")
    func tunnel() async throws {
        let stage = try await Stage.make()
        async let pending = stage.relay.proxy(.GET, Stage.slug, "/gated", token: stage.account.agent)
        let gate = try await stage.origin.nextGate()
        // Its API goes first: a tunnel that is named somewhere stays.
        let named = try await stage.relay.send(.DELETE, "/v1/tunnels/\(stage.tunnel.id)", stage.account.user)
        if named.status >= 300 {
            _ = try await stage.relay.send(.DELETE, "/v1/apis/crm", stage.account.user)
            let gone = try await stage.relay.send(.DELETE, "/v1/tunnels/\(stage.tunnel.id)", stage.account.user)
            #expect((200..<300).contains(gone.status), "\(gone)")
        }
        let answer = try await pending
        #expect(answer.status >= 500, "\(answer)")
        try await eventually("the origin's work is cancelled") { gate.isGone }
        let later = try await stage.call("hello")
        #expect(["TUNNEL_OFFLINE", "UNKNOWN_API"].contains(later.code), "\(later)")
        #expect(try await stage.relay.send(.GET, "/v1/tunnels/\(stage.tunnel.id)", stage.account.user).status == 404)
        try await stage.end()
    }
}
