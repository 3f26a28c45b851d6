import GRDB
import Registry
package import Vault

extension SQLiteStore: VaultStore {
    package func loadVaultCheck() throws -> [UInt8]? {
        try read { db in try Row.fetchOne(db, sql: "SELECT sealed FROM vault_check")?.bytes("sealed") }
    }

    package func saveVaultCheck(_ sealed: [UInt8]) throws {
        try write { db in
            try db.execute(sql: "INSERT INTO vault_check (id, sealed) VALUES (1, ?)", arguments: [sealed.blob])
        }
    }

    package func holdsVaultKeys() throws -> Bool {
        try read { db in try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM vault_keys)") ?? false }
    }

    package func loadVaultRows(user: String) throws -> VaultRows? {
        try read { db in
            let keys = try Row.fetchAll(
                db, sql: "SELECT term, sealed FROM vault_keys WHERE user_id = ?", arguments: [user])
            let records = try Row.fetchAll(
                db, sql: "SELECT api_id, field, version, sealed FROM vault_records WHERE user_id = ?", arguments: [user]
            )
            let previous = try Row.fetchAll(
                db, sql: "SELECT api_id, field, version, sealed FROM vault_previous WHERE user_id = ?",
                arguments: [user])
            let head = try Row.fetchOne(
                db, sql: "SELECT counter, sealed FROM vault_heads WHERE user_id = ?", arguments: [user])
            if keys.isEmpty && records.isEmpty && head == nil { return nil }
            return VaultRows(
                keys: keys.map {
                    VaultKeyRow(term: UInt32(truncatingIfNeeded: $0["term"] as Int64), sealed: $0.bytes("sealed"))
                },
                records: records.map(VaultRecordRow.init(row:)),
                previous: previous.map(VaultRecordRow.init(row:)),
                head: head.map {
                    VaultHeadRow(counter: UInt64(bitPattern: $0["counter"]), sealed: $0.bytes("sealed"))
                })
        }
    }

    package func commit(_ change: VaultChange) throws {
        try write { db in try change.apply(to: db) }
    }
}

extension VaultChange {
    /// Applies the change inside the current transaction.
    func apply(to db: Database) throws {
        let counter = try Int64.fetchOne(
            db, sql: "SELECT counter FROM vault_heads WHERE user_id = ?", arguments: [user])
        guard UInt64(bitPattern: counter ?? 0) == expectedCounter else {
            throw StoreError(
                .conflict, "User \(user)'s credentials were changed by another process. Is a second relay running?")
        }
        if !newKeys.isEmpty { try checkMasterTerm(db) }
        for term in retiredTerms {
            try db.execute(
                sql: "DELETE FROM vault_keys WHERE user_id = ? AND term = ?", arguments: [user, Int64(term)])
        }
        for row in newKeys {
            try db.execute(
                sql: "INSERT INTO vault_keys (user_id, term, sealed) VALUES (?, ?, ?)",
                arguments: [user, Int64(row.term), row.sealed.blob])
        }
        for name in deletes {
            for table in ["vault_records", "vault_previous", "vault_history"] {
                try delete(name, from: table, db)
            }
        }
        for name in previousDeletes { try delete(name, from: "vault_previous", db) }
        for row in puts { try put(row, into: "vault_records", db) }
        for row in previousPuts { try put(row, into: "vault_previous", db) }
        for row in history { try add(row, db) }
        try db.execute(
            sql: "INSERT OR REPLACE INTO vault_heads (user_id, counter, sealed) VALUES (?, ?, ?)",
            arguments: [user, Int64(bitPattern: head.counter), head.sealed.blob])
        if advancesRotation {
            try db.execute(sql: "UPDATE vault_user_rotation SET user_id = ? WHERE id = 1", arguments: [user])
        }
    }

    /// Refuses keys that a process wrapped under a master key which another has replaced meanwhile.
    private func checkMasterTerm(_ db: Database) throws {
        let check = try Row.fetchOne(
            db, sql: "SELECT sealed FROM vault_master_rotation UNION ALL SELECT sealed FROM vault_check LIMIT 1")
        guard let check, VaultTerm.of(check.bytes("sealed")) == masterTerm else {
            throw StoreError(
                .conflict, "The master key was rotated by another process. Restart with the new master key.")
        }
    }

    private func delete(_ name: VaultRecordName, from table: String, _ db: Database) throws {
        try db.execute(
            sql: "DELETE FROM \(table) WHERE user_id = ? AND api_id = ? AND field = ?",
            arguments: [user, name.api, name.field])
    }

    private func put(_ row: VaultRecordRow, into table: String, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO \(table) (user_id, api_id, field, version, sealed) VALUES (?, ?, ?, ?, ?)",
            arguments: [user, row.name.api, row.name.field, Int64(bitPattern: row.version), row.sealed.blob])
    }

    private func add(_ row: VaultHistoryRow, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO vault_history (user_id, api_id, field, version, created, term) VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                user, row.name.api, row.name.field, Int64(bitPattern: row.version), row.created, Int64(row.term),
            ])
        try db.execute(
            sql: """
                DELETE FROM vault_history
                WHERE user_id = :user AND api_id = :api AND field = :field AND version <= (
                    SELECT version FROM vault_history WHERE user_id = :user AND api_id = :api AND field = :field
                    ORDER BY version DESC LIMIT 1 OFFSET \(Self.historyLimit))
                """,
            arguments: ["user": user, "api": row.name.api, "field": row.name.field])
    }
}

extension VaultRecordRow {
    fileprivate init(row: Row) {
        self.init(
            name: VaultRecordName(api: row["api_id"], field: row["field"]),
            version: UInt64(bitPattern: row["version"]), sealed: row.bytes("sealed"))
    }
}
