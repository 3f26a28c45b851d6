import NIOHTTP1
import ReverseHTTP
import Testing

/// Methods beyond the seven common ones, from end to end.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct TunnelMethodTests {
    @Test("method: LIST in a raw call over HTTP/2 reaches the API")
    func list() async throws {
        try await TunnelScene.with { scene in
            let session = try await scene.agentSession()
            let head = RequestHead(
                method: "LIST", scheme: "https", authority: "localhost", path: "/v1/proxy/api/secrets",
                headers: ["authorization": "Bearer \(scene.account.agent)"])
            async let answer = session.send(Request(head: head))
            let wire = try await scene.origin.accept()
            #expect(try await wire.head().hasPrefix("LIST /secrets HTTP/1.1\r\n"))
            try await wire.answer()
            #expect(try await answer.head.status == 200)
            await wire.close()
            session.close()
        }
    }
}
