import Testing
import Value

@Suite("Clients that leave at any moment of a call", .serialized, .timeLimit(.minutes(4)))
struct LeavingTests {
    /// What a client sends before it leaves.
    private func request(_ kind: Int, _ slug: String, _ token: String) -> String {
        let fields = "Host: localhost\r\nAuthorization: Bearer \(token)\r\nAccept-Encoding: gzip\r\n"
        let body = #"{"count": 30000}"#
        return switch kind {
        case 0:
            "POST /v1/tools/\(slug)/bytes HTTP/1.1\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        case 1: "GET /v1/proxy/\(slug)/bytes/3000000 HTTP/1.1\r\n\(fields)\r\n"
        default: "POST /v1/proxy/\(slug)/echo HTTP/1.1\r\n\(fields)Content-Length: 1000000\r\n\r\nhalf of it"
        }
    }

    @Test("the relay goes on, ends every call, and gives back its place", arguments: TestRoute.allCases)
    func leave(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        try await scene.apply(route, "left", authentication: Definitions.apiKey("k"))
        let relay = scene.relay
        let process = relay.process?.pid
        for round in 0..<12 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<9 {
                    group.addTask {
                        let connection = try await RawConnection(port: relay.port)
                        try await connection.send(request(client % 3, "left", scene.account.agent))
                        try await Task.sleep(for: .microseconds(round * 1500 + client * 150))
                        try? await connection.close()
                    }
                }
                try await group.waitForAll()
            }
        }
        try await eventually("no call is in flight") {
            try await relay.metrics().contains("\npenstock_calls_in_flight 0\n")
        }
        #expect(try await scene.call("left").status == 200)
        #expect(relay.process?.pid == process)
        try await scene.end()
    }
}
