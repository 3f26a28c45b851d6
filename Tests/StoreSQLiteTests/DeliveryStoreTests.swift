import Registry
import StoreSQLite
import Testing

@Suite("Deliveries in SQLite")
struct DeliveryStoreTests {
    private let temporary: TemporaryStore
    private let store: SQLiteStore

    init() throws {
        temporary = try TemporaryStore()
        store = try temporary.openWithUsers()
    }

    private func delivery(_ number: Int, user: String = "u1") -> Delivery {
        Delivery(
            id: "d\(number)", user: user, api: "a1", event: "errors.rate", time: Int64(number),
            nextAttempt: Int64(100 - number))
    }

    @Test("deliveries are listed newest first, page by page, to their owner")
    func paging() throws {
        for number in 1...5 { try store.create(delivery(number)) }
        try store.create(delivery(9, user: "u2"))
        let first = try store.deliveries(user: "u1", limit: 3, after: nil)
        #expect(first.map(\.id) == ["d5", "d4", "d3"])
        #expect(try store.deliveries(user: "u1", limit: 3, after: first.last?.id).map(\.id) == ["d2", "d1"])
        #expect(try store.deliveries(user: "u1", limit: 3, after: "d9").isEmpty)
        #expect(first.first == delivery(5))
    }

    @Test("what is due is handed out until it is delivered or given up")
    func due() throws {
        for number in 1...3 { try store.create(delivery(number)) }
        #expect(try store.dueDeliveries(at: 98, limit: 10).map(\.id) == ["d3", "d2"])
        var sent = delivery(3)
        sent.state = .delivered
        sent.attempts = 1
        sent.lastStatus = 204
        sent.nextAttempt = nil
        try store.update(sent)
        #expect(try store.dueDeliveries(at: 98, limit: 10).map(\.id) == ["d2"])
        #expect(try store.deliveries(user: "u1", limit: 1, after: nil) == [sent])
        #expect(throws: StoreError.self) { try store.update(delivery(7)) }
        #expect(throws: StoreError.self) { try store.create(delivery(8, user: "nobody")) }
        #expect(try store.removeDeliveries(before: 50, limit: 10) == 1)
        try store.deleteUser(id: "u1")
        #expect(try store.dueDeliveries(at: 1000, limit: 10).isEmpty)
    }
}
