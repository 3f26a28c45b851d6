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
            let head = try Row.fetchOne(
                db, sql: "SELECT counter, sealed FROM vault_heads WHERE user_id = ?", arguments: [user])
            if keys.isEmpty && records.isEmpty && head == nil { return nil }
            return VaultRows(
                keys: keys.map {
                    VaultKeyRow(term: UInt32(truncatingIfNeeded: $0["term"] as Int64), sealed: $0.bytes("sealed"))
                },
                records: records.map {
                    VaultRecordRow(
                        name: VaultRecordName(api: $0["api_id"], field: $0["field"]),
                        version: UInt64(bitPattern: $0["version"]), sealed: $0.bytes("sealed"))
                },
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
        for row in newKeys {
            try db.execute(
                sql: "INSERT INTO vault_keys (user_id, term, sealed) VALUES (?, ?, ?)",
                arguments: [user, Int64(row.term), row.sealed.blob])
        }
        for name in deletes {
            try db.execute(
                sql: "DELETE FROM vault_records WHERE user_id = ? AND api_id = ? AND field = ?",
                arguments: [user, name.api, name.field])
        }
        for row in puts {
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO vault_records (user_id, api_id, field, version, sealed) VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [user, row.name.api, row.name.field, Int64(bitPattern: row.version), row.sealed.blob])
        }
        try db.execute(
            sql: "INSERT OR REPLACE INTO vault_heads (user_id, counter, sealed) VALUES (?, ?, ?)",
            arguments: [user, Int64(bitPattern: head.counter), head.sealed.blob])
    }
}
