import NIOHTTP1
import Testing
import Value

@Suite("The public port before anyone is known", .serialized, .timeLimit(.minutes(2)))
struct DoorTests {
    @Test("T15: an upload without a token is answered 401 while its body is still to come")
    func refusedBeforeBody() async throws {
        let relay = try await TestRelay()
        for path in ["/v1/proxy/crm/sink", "/v1/tools/crm/sink", "/v1/apis", "/v1/users", "/v1/tunnels"] {
            for token in ["", "Authorization: Bearer pst_agent_wrong\r\n"] {
                let raw = try await RawConnection(port: relay.port)
                try await raw.send(
                    "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 1000000\r\n\(token)\r\n")
                try await raw.wait(for: "UNAUTHORIZED")
                #expect(raw.text.hasPrefix("HTTP/1.1 401 "), "\(path): \(raw.text)")
                try await raw.close()
            }
        }
        try await relay.stop()
    }

    @Test("T15: whoever connects and never speaks TLS is put out")
    func silentHandshake() async throws {
        let relay = try await TestRelay()
        let silent = try await RawConnection(port: relay.port, tls: false)
        let speaking = try await RawConnection(port: relay.port)
        try await speaking.send("GET /v1/tools HTTP/1.1\r\nHost: loc")
        try await eventually("the silent connection is closed", within: .seconds(40)) { silent.isClosed }
        try await eventually("the one with half a head is closed", within: .seconds(40)) { speaking.isClosed }
        try await relay.stop()
    }

    @Test("T15: a body larger than the limit is refused by its length, before it comes")
    func tooLong() async throws {
        let relay = try await TestRelay(["limits": ["request_bytes": "64KiB"]])
        let account = try await relay.newAccount()
        for (path, token) in [("/v1/tools/crm/echo", account.agent), ("/v1/apis", account.user)] {
            let raw = try await RawConnection(port: relay.port)
            try await raw.send(
                "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 1000000\r\nAuthorization: Bearer \(token)\r\n\r\n")
            try await raw.wait(for: "INVALID_REQUEST")
            try await raw.close()
        }
        try await relay.stop()
    }
}
