import GRDB
package import Registry
import Value

extension SQLiteStore: DriftStore {
    package func proposals(
        user: String, api: String, state: DriftProposal.State?, limit: Int, after cursor: String?
    ) throws(StoreError) -> [DriftProposal] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM drift WHERE api_id = :api AND user_id = :user
                        AND (:state IS NULL OR state = :state) AND (:cursor IS NULL OR (first_seen, id) < (
                            SELECT first_seen, id FROM drift WHERE id = :cursor AND api_id = :api AND user_id = :user))
                    ORDER BY first_seen DESC, id DESC LIMIT :limit
                    """,
                arguments: ["user": user, "api": api, "state": state?.rawValue, "cursor": cursor, "limit": limit]
            ).map(DriftProposal.init(row:))
        }
    }

    package func proposal(id: String, user: String, api: String) throws(StoreError) -> DriftProposal? {
        try read { db in
            try Row.fetchOne(
                db, sql: "SELECT * FROM drift WHERE id = ? AND user_id = ? AND api_id = ?", arguments: [id, user, api]
            ).map(DriftProposal.init(row:))
        }
    }

    package func standingProposals(api: String, endpoint: String) throws(StoreError) -> [DriftProposal] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM drift WHERE api_id = ? AND endpoint = ? AND state IN ('open', 'dismissed')
                    ORDER BY first_seen, id
                    """,
                arguments: [api, endpoint]
            ).map(DriftProposal.init(row:))
        }
    }

    package func openProposals(api: String) throws(StoreError) -> [DriftProposal] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, user_id, api_id, endpoint, state, base_etag, base, first_seen, last_seen, closed,
                        mismatches, looked_at, '{}' AS details
                    FROM drift WHERE api_id = ? AND state = 'open'
                    """,
                arguments: [api]
            ).map(DriftProposal.init(row:))
        }
    }

    package func openProposalCount(api: String) throws(StoreError) -> Int {
        try read { db in
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM drift WHERE api_id = ? AND state = 'open'", arguments: [api])
        } ?? 0
    }

    package func keep(_ proposals: [DriftProposal]) throws(StoreError) {
        guard !proposals.isEmpty else { return }
        try write { db in
            for proposal in proposals {
                let isThere = try Bool.fetchOne(
                    db, sql: "SELECT true FROM apis WHERE id = ? AND user_id = ?",
                    arguments: [proposal.api, proposal.user])
                guard isThere != nil else { continue }
                try Self.put(proposal, db)
            }
            for api in Set(proposals.map(\.api)) { try Self.prune(api, db) }
        }
    }

    private static func put(_ proposal: DriftProposal, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO drift (id, user_id, api_id, endpoint, state, base_etag, base, first_seen, last_seen,
                    closed, mismatches, looked_at, details)
                VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?, NULL, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET base_etag = excluded.base_etag, base = excluded.base,
                    last_seen = excluded.last_seen, mismatches = excluded.mismatches,
                    looked_at = excluded.looked_at, details = excluded.details
                    WHERE drift.state = 'open'
                ON CONFLICT (api_id, endpoint) WHERE state = 'open' DO NOTHING
                """,
            arguments: [
                proposal.id, proposal.user, proposal.api, proposal.endpoint, proposal.base.etag,
                proposal.base.digest.blob, proposal.firstSeen, proposal.lastSeen, proposal.mismatches,
                proposal.lookedAt, proposal.details.text(),
            ])
    }

    /// What was dismissed is kept longest: it says what is not to be proposed again.
    private static func prune(_ api: String, _ db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM drift WHERE id IN (
                    SELECT id FROM drift WHERE api_id = ? AND state <> 'open'
                    ORDER BY state = 'dismissed' DESC, closed DESC, id DESC LIMIT -1 OFFSET ?)
                """,
            arguments: [api, DriftLimits.closed])
    }

    package func close(
        id: String, user: String, as state: DriftProposal.State, at time: Int64
    ) throws(StoreError) {
        try write { db in
            try db.execute(
                sql: "UPDATE drift SET state = ?, closed = ? WHERE id = ? AND user_id = ? AND state = 'open'",
                arguments: [state.rawValue, time, id, user])
            guard db.changesCount == 0 else { return }
            let found = try String.fetchOne(
                db, sql: "SELECT state FROM drift WHERE id = ? AND user_id = ?", arguments: [id, user])
            guard let found else { throw StoreError(.notFound, "There is no proposal \(id).") }
            throw StoreError(.conflict, "The proposal is \(found) already.")
        }
    }
}

extension DriftProposal {
    fileprivate init(row: Row) throws {
        let details: String = row["details"]
        guard let state = State(rawValue: row["state"]), let json = try? JSON.parse(details) else {
            throw StoreError(.corrupt, "Proposal \(row["id"] as String) cannot be read. Restore a backup.")
        }
        self.init(
            id: row["id"], user: row["user_id"], api: row["api_id"], endpoint: row["endpoint"], state: state,
            base: Base(etag: row["base_etag"], digest: row.bytes("base")), firstSeen: row["first_seen"],
            lastSeen: row["last_seen"], closed: row["closed"], mismatches: row["mismatches"],
            lookedAt: row["looked_at"], deviations: [], change: SchemaChange())
        read(details: json)
    }
}
