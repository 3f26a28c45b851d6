import Registry
import StoreSQLite
import Testing
import Value

@Suite("Proposals of schema changes in SQLite")
struct DriftStoreTests {
    private let temporary: TemporaryStore
    private let store: SQLiteStore

    init() throws {
        temporary = try TemporaryStore()
        store = try temporary.openWithUsers()
        for (id, user) in [("a1", "u1"), ("a2", "u2")] {
            let api = StoredAPI(
                id: id, user: user, slug: "crm", definition: ["name": "CRM"], version: 1, created: 0, updated: 0)
            try store.save(api, expecting: .absent, with: nil)
        }
    }

    private func proposal(
        _ number: Int, user: String = "u1", api: String = "a1", endpoint: String? = nil
    ) -> DriftProposal {
        let edit = SchemaChange.Edit(pointer: JSONPointer(["type"]), old: "string", new: ["string", "null"])
        return DriftProposal(
            id: "p\(number)", user: user, api: api, endpoint: endpoint ?? "e\(number)",
            base: .init(etag: "\"a1-1\"", digest: [1, 2, UInt8(number % 256)]), firstSeen: Int64(number),
            lastSeen: Int64(number + 1), mismatches: 3, lookedAt: 1,
            deviations: [
                Deviation(kind: .init(schema: "/type", keyword: "type", path: "/id", found: "null"), count: 2)
            ],
            change: SchemaChange(
                edits: [edit, .init(pointer: .root, old: nil, new: .null)],
                parts: [
                    .init(place: JSONPointer(["$defs", "X"]), endpoints: ["e"], schema: true, difference: [edit])
                ], own: JSONPointer(["endpoints", "0"])))
    }

    @Test("proposals come back as they were written, newest first, page by page, by state, to their owner")
    func listing() throws {
        try store.keep((1...5).map { proposal($0) } + [proposal(9, user: "u2", api: "a2")])
        try store.close(id: "p4", user: "u1", as: .dismissed, at: 50)
        let first = try store.proposals(user: "u1", api: "a1", state: nil, limit: 3, after: nil)
        #expect(first.map(\.id) == ["p5", "p4", "p3"] && first[0] == proposal(5))
        #expect(first[1].state == .dismissed && first[1].closed == 50)
        #expect(
            try store.proposals(user: "u1", api: "a1", state: nil, limit: 3, after: "p3").map(\.id) == ["p2", "p1"])
        #expect(
            try store.proposals(user: "u1", api: "a1", state: .open, limit: 2, after: "p5").map(\.id) == ["p3", "p2"])
        #expect(try store.openProposalCount(api: "a1") == 4)
        #expect(try store.openProposals(api: "a1").count == 4)
        for (user, api) in [("u2", "a1"), ("u1", "a2")] {
            #expect(try store.proposals(user: user, api: api, state: nil, limit: 9, after: nil).isEmpty)
            #expect(try store.proposal(id: "p1", user: user, api: api) == nil)
        }
        #expect(try store.proposal(id: "p1", user: "u1", api: "a1") == proposal(1))
        #expect(try store.proposals(user: "u1", api: "a1", state: nil, limit: 9, after: "p9").isEmpty)
    }

    @Test("an open proposal is written anew; a closed one, a second one of an endpoint, and one without an API are not")
    func keeping() throws {
        try store.keep([proposal(1)])
        var grown = proposal(1)
        grown.mismatches = 70
        grown.lookedAt = 8
        grown.lastSeen = 99
        grown.base.etag = "\"a1-2\""
        grown.change = SchemaChange(obstacle: "none was found")
        try store.keep([grown, proposal(2, endpoint: "e1"), proposal(3, api: "gone"), proposal(4, user: "u2")])
        #expect(try store.proposals(user: "u1", api: "a1", state: nil, limit: 9, after: nil) == [grown])
        try store.close(id: "p1", user: "u1", as: .accepted, at: 100)
        try store.keep([proposal(1)])
        #expect(try store.proposal(id: "p1", user: "u1", api: "a1")?.mismatches == 70)
        try store.keep([proposal(5, endpoint: "e1")])
        #expect(try store.standingProposals(api: "a1", endpoint: "e1").map(\.id) == ["p5"])
    }

    @Test("a proposal is closed once, by its owner")
    func closing() throws {
        try store.keep([proposal(1)])
        func code(_ id: String, _ user: String) -> StoreError.Code? {
            do throws(StoreError) {
                try store.close(id: id, user: user, as: .dismissed, at: 7)
                return nil
            } catch { return error.code }
        }
        #expect(code("p1", "u2") == .notFound && code("p2", "u1") == .notFound)
        #expect(code("p1", "u1") == nil && code("p1", "u1") == .conflict)
        #expect(try store.standingProposals(api: "a1", endpoint: "e1").map(\.state) == [.dismissed])
    }

    @Test("as many closed proposals of an API are kept as are allowed, dismissed ones longest")
    func pruning() throws {
        for number in 1...DriftLimits.closed + 20 {
            try store.keep([proposal(number)])
            try store.close(id: "p\(number)", user: "u1", as: number < 5 ? .dismissed : .accepted, at: Int64(number))
        }
        try store.keep([proposal(999)])
        let left = try store.proposals(user: "u1", api: "a1", state: nil, limit: 1000, after: nil).map(\.id)
        #expect(left.count == DriftLimits.closed + 1)
        #expect(left.contains("p1") && left.contains("p4") && !left.contains("p5") && left.contains("p999"))
    }

    @Test("proposals go with their API and with their user")
    func removal() throws {
        try store.keep([proposal(1), proposal(9, user: "u2", api: "a2")])
        try store.deleteAPI(id: "a1", user: "u1", expecting: .present, with: nil)
        #expect(try store.openProposals(api: "a1").isEmpty && store.openProposalCount(api: "a2") == 1)
        try store.deleteUser(id: "u2")
        #expect(try store.openProposalCount(api: "a2") == 0)
    }
}
