import GRDB
import Glibc
import Registry
import StoreSQLite
import TestSupport
import Testing
import Value

@testable import Audit

@Suite("Records brought from the database into the journal", .timeLimit(.minutes(1)))
struct MigrationTests {
    private struct Stop: Error {}

    private let temporary: TemporaryStore

    init() throws {
        temporary = try TemporaryStore()
    }

    private func migration(_ store: SQLiteStore) throws -> JournalMigration {
        mkdir(temporary.journals, 0o700)
        var options = JournalMigration.Options()
        options.segmentBytes = 5000
        options.now = { 0 }
        return JournalMigration(into: try temporary.journal(store), options: options)
    }

    private func texts(_ store: SQLiteStore) throws -> [[UInt8]] {
        try store.records(inDatabaseAfter: 0, limit: .max).map(\.text)
    }

    @Test("A: every text and hash is as it was, pages and figures say the same, and the database has room again")
    func whole() throws {
        let store = try FormerDatabase.make(temporary, records: 100)
        let before = try texts(store)
        let end = try store.figuresEnd()
        let result = try migration(store).run(after: .empty) { try store.records(inDatabaseAfter: $0, limit: 7) }
        #expect(result == JournalMigration.Result(records: 100, end: end, findings: []))
        try store.dropRecords()
        #expect(try !store.holdsRecords())
        let ledger = try temporary.ledger(store)
        #expect(try ledger.records(after: 0, limit: 1000).map(\.text) == before)
        #expect(try temporary.segments(store).count > 5)
        try ledger.add([AuditStoreTests.record(101)])
        #expect(try AuditWalk(ledger).verify().verifier.findings.isEmpty)
        var query = AuditQuery(user: "u1", api: "a1")
        query.endpoint = "odd"
        query.limit = 1000
        let page = try ledger.logs(query).records
        #expect(page.count == 51 && page.last == before.first)
        #expect(try ledger.usage(user: "u1")["a1"]?.calls == 101)
    }

    @Test("A: cut short after any piece, it goes on where it was, and ends with the same journal")
    func interrupted() throws {
        let store = try FormerDatabase.make(temporary, records: 60)
        let before = try texts(store)
        var interruptions = 0
        for pieces in 0..<9 {
            var read = 0
            do {
                _ = try migration(store).run(after: .empty) { after in
                    read += 1
                    if read > pieces { throw Stop() }
                    return try store.records(inDatabaseAfter: after, limit: 5)
                }
            } catch is Stop {
                interruptions += 1
            }
        }
        #expect(interruptions > 4)
        // Files of a segment that was never finished are no obstacle.
        let folder = try temporary.journal(store)
        TemporaryStore.write([1, 2, 3], to: folder + "/00000000000000000099-00000000.seg.partial")
        let result = try migration(store).run(after: .empty) { try store.records(inDatabaseAfter: $0, limit: 5) }
        #expect(result.records == 60 && result.findings.isEmpty)
        // And once more, where it ended before the rows were removed.
        let again = try migration(store).run(after: .empty) { try store.records(inDatabaseAfter: $0, limit: 5) }
        #expect(again == result)
        try store.dropRecords()
        let ledger = try temporary.ledger(store)
        #expect(try ledger.records(after: 0, limit: 1000).map(\.text) == before)
        #expect(!Folders.names(folder).contains { $0.hasSuffix(".partial") })
    }

    @Test(
        "A: records that did not verify in the database are brought over as they are, and still do not",
        arguments: [
            ("DELETE FROM audit WHERE seq = 4", "Record 4 is missing."),
            ("UPDATE audit SET record = replace(record, '\"OK\"', '\"NO\"') WHERE seq = 5", "Record 5 was changed."),
            ("UPDATE audit SET record = 'nonsense' WHERE seq = 3", "Record 3 is not an audit record."),
        ])
    func tampered(sql: String, finding: String) throws {
        let store = try FormerDatabase.make(temporary, records: 30)
        try temporary.raw(sql)
        let result = try migration(store).run(after: .empty) { try store.records(inDatabaseAfter: $0, limit: 5) }
        #expect(result.findings.map(\.description).contains(finding))
        let check = try JournalView(reading: temporary.journal(store)).verify(after: .empty, known: store.figuresEnd())
        #expect(check.findings.map(\.fault.description).contains(finding), "\(check.findings)")
    }

    @Test("A: records behind a checkpoint, and none at all, are brought over too")
    func checkpoint() throws {
        let store = try FormerDatabase.make(temporary, records: 30)
        let chain = try store.records(inDatabaseAfter: 9, limit: 1)[0].stored
        try temporary.raw(
            """
            DELETE FROM audit WHERE seq <= 10;
            INSERT INTO audit_checkpoint (id, seq, hash) VALUES (1, 10, x'\(chain.hash)');
            """)
        let start = try store.auditCheckpoint().chain
        let result = try migration(store).run(after: start) { try store.records(inDatabaseAfter: $0, limit: 100) }
        #expect(result.records == 20 && result.findings.isEmpty)
        try store.dropRecords()
        let ledger = try temporary.ledger(store)
        #expect(try AuditWalk(ledger).verify().verifier.findings.isEmpty)
        let empty = try TemporaryStore()
        #expect(try empty.open().holdsRecords() == false)
    }
}

/// A database as the version before the journal left it.
enum FormerDatabase {
    static func make(_ temporary: TemporaryStore, records: Int) throws -> SQLiteStore {
        try temporary.open().close()
        try temporary.raw(
            """
            DELETE FROM grdb_migrations WHERE identifier = '5-journal';
            DROP TABLE audit_journal;
            ALTER TABLE audit_usage DROP COLUMN removed;
            CREATE TABLE audit (
                seq INTEGER NOT NULL PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, user_id TEXT, api_id TEXT,
                endpoint TEXT, outcome TEXT NOT NULL, status INTEGER, request_id TEXT NOT NULL, record TEXT NOT NULL,
                hash BLOB NOT NULL
            ) STRICT;
            CREATE INDEX audit_by_api ON audit(api_id, time) WHERE api_id IS NOT NULL;
            CREATE INDEX audit_failures ON audit(api_id, time) WHERE api_id IS NOT NULL AND outcome <> 'OK';
            """)
        var chain = AuditChain.empty
        var figures = AuditFigures()
        let queue = try DatabaseQueue(path: temporary.path)
        try queue.write { db in
            for number in 1...records {
                let record = AuditStoreTests.record(number)
                // The first format's text is the JSON text, and the hash is the text's.
                let text = chain.next(record).text
                chain.hash = AuditHash(of: text)
                figures.add(record)
                try db.execute(
                    sql: "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'\(chain.hash)')",
                    arguments: [
                        chain.sequence, record.time, record.kind.rawValue, record.user, record.apiID, record.endpoint,
                        record.outcome, record.upstreamStatus, record.requestID, String(decoding: text, as: UTF8.self),
                    ])
            }
        }
        try queue.close()
        let store = try temporary.open()
        try store.add(figures, through: chain)
        return store
    }
}

extension TemporaryStore {
    /// The audit of a store whose records are brought over first.
    func migrated(_ store: SQLiteStore) throws -> AuditLedger {
        mkdir(journals, 0o700)
        _ = try JournalMigration(into: try journal(store)).run(after: store.auditCheckpoint().chain) {
            try store.records(inDatabaseAfter: $0, limit: 1000)
        }
        try store.dropRecords()
        return try ledger(store)
    }
}
