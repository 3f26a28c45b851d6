import Audit
import Registry
import StoreSQLite
import Testing
import Value
import Vault

@Suite("Upgrading")
struct UpgradeTests {
    private let temporary: TemporaryStore
    private let key: MasterKey

    init() throws {
        temporary = try TemporaryStore()
        key = try MasterKey(bytes: Array(0..<32))
        try temporary.raw(FirstVersion.dump)
    }

    private func text(_ secret: Secret?) -> String? { secret?.withUTF8 { String(decoding: $0, as: UTF8.self) } }

    @Test("C2: credentials of the first version open, rotate, and have a history")
    func vault() throws {
        let store = try temporary.open()
        let vault = try Vault(masterKey: key, store: store)
        let reference = try VaultReference("vault://users/u1/apis/a1/key")
        #expect(try text(vault.open(reference)) == "value-1")
        #expect(try text(vault.open("vault://users/u1/apis/a1/other")) == "value-2")
        #expect(try vault.openPrevious(reference) == nil)
        let first = try vault.history(user: "u1", api: "a1")
        #expect(first.map(\.field) == ["key", "other"] && first.allSatisfy { $0.created == nil && $0.keyTerm == 1 })
        _ = try vault.rotate(Secret(text: "next"), user: "u1", api: "a1", field: "key")
        #expect(try vault.rotateAllUserKeys().records == 4)
        let again = try Vault(masterKey: key, store: store)
        #expect(try text(again.open(reference)) == "next" && text(again.openPrevious(reference)) == "value-1")
        #expect(try text(again.open("vault://users/u2/apis/a2/key")) == "value-3")
        #expect(try again.history(user: "u1", api: "a1").map(\.version) == [3, 1, 2])
    }

    @Test("A: records of the first version verify, are added up, and the chain goes on")
    func audit() throws {
        let store = try temporary.open()
        let ledger = try temporary.migrated(store)
        let summary = try ledger.summary(user: "u1", api: "a1", since: nil, until: nil)
        #expect(summary.all.calls == 4 && summary.all.errors == ["TIMEOUT": 1])
        #expect(summary.endpoints["get"]?.meanMicroseconds == 2500)
        #expect(try ledger.usage(user: "u1") == ["a1": AuditUsage(calls: 4, lastUsed: 1_767_323_045_003_000)])
        #expect(
            try ledger.storedChain().hash.description
                == "90f2f4a178ef8da3f085dd74d6e2ec2842456d87b33e1d57dfe64619503fa220")
        try ledger.add([AuditStoreTests.record(5)])
        #expect(try AuditWalk(ledger).verify().verifier.findings.isEmpty)
        try ledger.flush()
        #expect(
            try JournalView(reading: temporary.journal(store)).verify(after: .empty, known: store.figuresEnd())
                .findings.isEmpty)
    }

    @Test("definitions that were imported say afterwards which defaults are sent, and others stay as they were written")
    func defaults() throws {
        let (temporary, definition): (TemporaryStore, JSON) = (
            try TemporaryStore(),
            [
                "name": "A", "security": ["validation": "warn"],
                "endpoints": [
                    [
                        "name": "e",
                        "parameters": [
                            ["name": "action", "in": "query", "schema": ["enum": ["list"], "default": "list"]],
                            ["name": "limit", "in": "query", "schema": ["type": "integer", "default": 20]],
                            ["name": "needed", "in": "query", "required": true, "schema": ["default": 1]],
                            ["name": "plain", "in": "query", "schema": ["type": "string"]],
                            ["name": "own", "in": "query", "schema": ["default": 1], "send_default": true],
                        ],
                    ]
                ],
            ]
        )
        var store: SQLiteStore? = try temporary.openWithUsers()
        for (id, imported) in [("a", definition), ("b", nil)] as [(String, JSON?)] {
            let api = StoredAPI(
                id: id, user: "u1", slug: id, definition: definition, version: 1, created: 0, updated: 0)
            try store?.save(api, expecting: .absent, with: nil, imported: imported)
        }
        store = nil
        try temporary.raw("DELETE FROM grdb_migrations WHERE identifier = '4-imported-defaults'")
        let upgraded = try temporary.open()
        let stored = try #require(try upgraded.api(user: "u1", slug: "a"))
        let parameters = stored.definition["endpoints"]?[0]?["parameters"]?.array ?? []
        #expect(parameters.map { $0["send_default"] } == [true, false, nil, nil, true])
        #expect(stored.definition["security"]?["argument_formats"] == "warn" && stored.version == 2)
        #expect(try upgraded.importedDefinition(api: "a", user: "u1") == stored.definition)
        let other = try #require(try upgraded.api(user: "u1", slug: "b"))
        #expect(other.definition == definition && other.version == 1)
    }

    @Test("a backup of the first version is restored, and upgraded when it is opened")
    func backup() throws {
        let target = try TemporaryStore()
        let contents = try SQLiteBackup.restore(from: temporary.path, to: target.path, journals: target.journals)
        #expect(contents.audit.sequence == 4)
        let vault = try Vault(masterKey: key, store: target.open())
        #expect(try text(vault.open("vault://users/u1/apis/a1/key")) == "value-1")
    }
}
