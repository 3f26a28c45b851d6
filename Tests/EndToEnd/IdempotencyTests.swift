import NIOHTTP1
import Testing
import Value

@Suite("A mutation that is sent twice is carried out once", .serialized, .timeLimit(.minutes(4)))
struct IdempotencyTests {
    @Test("the same key and request are answered as before; another request with the key is refused")
    func replay() async throws {
        let relay = try await TestRelay()
        let account = try await relay.newAccount()
        func create(_ key: String, _ label: String) async throws -> Answer {
            try await relay.send(
                .POST, "/v1/tunnels", account.user, ["name": .string(label)], headers: ["idempotency-key": key])
        }
        let first = try await create("k-1", "office")
        #expect(first.status == 201)
        let second = try await create("k-1", "office")
        #expect(second.status == 201)
        #expect(second.headers["idempotency-replayed"] == ["true"])
        #expect(second.json["token"] == nil, "what is shown once stays shown once")
        expectProblem(try await create("k-1", "plant"), "INVALID_REQUEST", 400)
        #expect(try await create("k-2", "plant").status == 201)
        let list = try await relay.send(.GET, "/v1/tunnels", account.user)
        #expect(list.json["items"]?.array?.count == 2)
        // A restart forgets nothing.
        try await relay.stop()
        try await relay.start()
        #expect(try await create("k-2", "plant").headers["idempotency-replayed"] == ["true"])
        try await relay.stop()
    }

    @Test("a hundred of the same at once make one")
    func race() async throws {
        let relay = try await TestRelay()
        let account = try await relay.newAccount()
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await relay.send(
                        .POST, "/v1/tokens", account.user, ["kind": "agent", "label": "x"],
                        headers: ["idempotency-key": "one"]
                    ).status
                }
            }
            return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(Set(statuses.keys).isSubset(of: [201, 503]), "\(statuses)")
        let tokens = try await relay.send(.GET, "/v1/tokens", account.user)
        #expect(tokens.json["items"]?.array?.count { $0["label"]?.string == "x" } == 1)
        try await relay.stop()
    }

    @Test("a request that was refused may be mended under the same key")
    func mended() async throws {
        let relay = try await TestRelay()
        let account = try await relay.newAccount()
        let headers: HTTPHeaders = ["idempotency-key": "k"]
        let refused = try await relay.send(.POST, "/v1/tunnels", account.user, ["nam": "x"], headers: headers)
        #expect(refused.status == 400)
        let made = try await relay.send(.POST, "/v1/tunnels", account.user, ["name": "x"], headers: headers)
        #expect(made.status == 201)
        for key in ["", " ", "a b", String(repeating: "k", count: 256)] {
            let answer = try await relay.send(
                .POST, "/v1/tunnels", account.user, ["name": "y"], headers: ["idempotency-key": key])
            #expect(answer.status == 400, "\(key)")
        }
        try await relay.stop()
    }
}
