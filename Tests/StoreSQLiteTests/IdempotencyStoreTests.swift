import Registry
import StoreSQLite
import TestSupport
import Testing

@Suite("Idempotency keys in SQLite", .timeLimit(.minutes(10)))
struct IdempotencyStoreTests {
    private let temporary: TemporaryStore
    private let store: SQLiteStore
    private let request = IdempotentRequest(user: "u1", key: "k", digest: [1, 2, 3])

    init() throws {
        temporary = try TemporaryStore()
        store = try temporary.openWithUsers()
    }

    @Test("of a hundred same requests at once, one is carried out")
    func atomic() async throws {
        let claims = try await withThrowingTaskGroup(of: IdempotencyClaim.self) { [store, request] group in
            for _ in 0..<100 { group.addTask { try await onOwnThread { try store.claim(request, at: 1) } } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(claims.count { $0 == .claimed } == 1)
        #expect(claims.count { $0 == .inProgress } == 99)
    }

    @Test("a repetition gets the first answer; another request under the same key is a conflict")
    func replay() throws {
        #expect(try store.claim(request, at: 1) == .claimed)
        let response = IdempotentResponse(status: 201, body: Array("{}".utf8))
        try store.complete(request, with: response)
        #expect(try store.claim(request, at: 2) == .replay(response))
        var other = request
        other.digest = [9]
        #expect(try store.claim(other, at: 2) == .conflict)
        other.user = "u2"
        #expect(try store.claim(other, at: 2) == .claimed)
        other.user = nil
        #expect(try store.claim(other, at: 2) == .claimed)
        try store.complete(other, with: IdempotentResponse(status: 204, body: []))
        #expect(try store.claim(other, at: 3) == .replay(IdempotentResponse(status: 204, body: [])))
    }

    @Test("an answer that shows a token, or is too large, is not kept: a repetition learns that it was done")
    func notKept() throws {
        _ = try store.claim(request, at: 1)
        try store.complete(request, with: IdempotentResponse(status: 201, body: nil))
        #expect(try store.claim(request, at: 2) == .replay(IdempotentResponse(status: 201, body: nil)))
        var large = request
        large.key = "large"
        _ = try store.claim(large, at: 1)
        let body = [UInt8](repeating: 0, count: IdempotencyLimits.body + 1)
        try store.complete(large, with: IdempotentResponse(status: 200, body: body))
        #expect(try store.claim(large, at: 2) == .replay(IdempotentResponse(status: 200, body: nil)))
    }

    @Test("what was given up or cut short may be tried again; what was completed may not")
    func release() throws {
        _ = try store.claim(request, at: 1)
        try store.release(request)
        #expect(try store.claim(request, at: 1) == .claimed)
        try store.releaseUnfinished()
        #expect(try store.claim(request, at: 1) == .claimed)
        try store.complete(request, with: IdempotentResponse(status: 200, body: []))
        try store.release(request)
        try store.releaseUnfinished()
        #expect(try store.claim(request, at: 1) == .replay(IdempotentResponse(status: 200, body: [])))
    }

    @Test("a key is forgotten after a day, and with its user")
    func expiry() throws {
        _ = try store.claim(request, at: 1)
        let later = 1 + IdempotencyLimits.lifetime
        #expect(try store.claim(request, at: later - 1) == .inProgress)
        #expect(try store.claim(request, at: later) == .claimed)
        #expect(try store.removeExpired(at: later, limit: 10) == 0)
        #expect(try store.removeExpired(at: later + IdempotencyLimits.lifetime, limit: 10) == 1)
        _ = try store.claim(request, at: 1)
        try store.deleteUser(id: "u1")
        #expect(try store.claim(request, at: 1) == .claimed)
    }

    @Test("a user's keys are bounded, and expired ones make room")
    func bounded() throws {
        try temporary.raw(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(IdempotencyLimits.keys))
            INSERT INTO idempotency (user_id, key, digest, expires) SELECT 'u1', 'key' || i, x'00', 100 FROM n;
            """)
        let error = #expect(throws: StoreError.self) { try store.claim(request, at: 50) }
        #expect(error?.code == .full)
        #expect(try store.claim(request, at: 100) == .claimed)
    }
}
