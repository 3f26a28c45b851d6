import AsyncHTTPClient
import NIOHTTP1
import Testing
import Value

@Suite("The usual cast", .serialized, .timeLimit(.minutes(2)))
struct HarnessTests {
    @Test("A call goes from the agent through relay, tunnel and connector to the origin and back")
    func thereAndBack() async throws {
        let stage = try await Stage.make()
        let answer = try await stage.call("hello")
        #expect(answer.status == 200, "\(answer)")
        #expect(answer.json["data"] == ["hello": "world"])
        let raw = try await stage.relay.proxy(
            .POST, Stage.slug, "/echo?a=b", token: stage.account.agent, body: .bytes([0x61]))
        #expect(raw.status == 200, "\(raw)")
        #expect(raw.json["body"] == "a")
        #expect(raw.json["target"] == "/echo?a=b")
        try await stage.end()
    }
}
