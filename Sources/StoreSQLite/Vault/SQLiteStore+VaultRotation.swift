import GRDB
import Registry
package import Vault

extension SQLiteStore {
    package func loadVaultHistory(user: String, api: String) throws -> [VaultHistoryRow] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT field, version, created, term FROM vault_history WHERE user_id = ? AND api_id = ?
                    ORDER BY field, version DESC
                    """,
                arguments: [user, api]
            ).map {
                VaultHistoryRow(
                    name: VaultRecordName(api: api, field: $0["field"]), version: UInt64(bitPattern: $0["version"]),
                    created: $0["created"], term: UInt32(truncatingIfNeeded: $0["term"] as Int64))
            }
        }
    }

    package func vaultUsers(after user: String, limit: Int) throws -> [String] {
        try read { db in
            try String.fetchAll(
                db, sql: "SELECT DISTINCT user_id FROM vault_keys WHERE user_id > ? ORDER BY user_id LIMIT ?",
                arguments: [user, limit])
        }
    }

    package func vaultUsersKeepingPrevious(after user: String, limit: Int) throws -> [String] {
        try read { db in
            try String.fetchAll(
                db, sql: "SELECT DISTINCT user_id FROM vault_previous WHERE user_id > ? ORDER BY user_id LIMIT ?",
                arguments: [user, limit])
        }
    }

    package func userKeyRotation() throws -> String? {
        try read { db in try String.fetchOne(db, sql: "SELECT user_id FROM vault_user_rotation") }
    }

    package func setUserKeyRotation(_ user: String?) throws {
        try write { db in
            if let user {
                try db.execute(
                    sql: "INSERT OR REPLACE INTO vault_user_rotation (id, user_id) VALUES (1, ?)", arguments: [user])
            } else {
                try db.execute(sql: "DELETE FROM vault_user_rotation")
            }
        }
        if user == nil { try forgetOverwritten() }
    }

    package func masterKeyRotation() throws -> VaultMasterRotation? {
        try read { db in
            try Row.fetchOne(db, sql: "SELECT sealed, old_key FROM vault_master_rotation").map {
                VaultMasterRotation(check: $0.bytes("sealed"), oldKey: $0.bytes("old_key"))
            }
        }
    }

    package func beginMasterKeyRotation(_ rotation: VaultMasterRotation) throws {
        try write { db in
            try db.execute(
                sql: "INSERT INTO vault_master_rotation (id, sealed, old_key) VALUES (1, ?, ?)",
                arguments: [rotation.check.blob, rotation.oldKey.blob])
        }
    }

    package func vaultKeys(notUnder term: UInt32, after user: String, limit: Int) throws -> [VaultOwnedKey] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT user_id, term, sealed FROM vault_keys
                    WHERE substr(sealed, 2, 4) <> ? AND user_id > ? ORDER BY user_id LIMIT ?
                    """,
                arguments: [VaultTerm.bytes(term).blob, user, limit]
            ).map {
                VaultOwnedKey(
                    user: $0["user_id"],
                    key: VaultKeyRow(
                        term: UInt32(truncatingIfNeeded: $0["term"] as Int64), sealed: $0.bytes("sealed")))
            }
        }
    }

    package func replaceVaultKeys(_ keys: [(replaced: VaultOwnedKey, sealed: [UInt8])]) throws {
        try write { db in
            let update = try db.cachedStatement(
                sql: "UPDATE vault_keys SET sealed = ? WHERE user_id = ? AND term = ? AND sealed = ?")
            for (replaced, sealed) in keys {
                try update.execute(arguments: [
                    sealed.blob, replaced.user, Int64(replaced.key.term), replaced.key.sealed.blob,
                ])
            }
        }
    }

    package func endMasterKeyRotation(term: UInt32) throws {
        try write { db in
            let isLeft = try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM vault_keys WHERE substr(sealed, 2, 4) <> ?)",
                arguments: [VaultTerm.bytes(term).blob])
            guard isLeft == false else {
                throw StoreError(.conflict, "A user's key is still wrapped under the old master key; resume.")
            }
            try db.execute(
                sql: """
                    UPDATE vault_check SET sealed = (SELECT sealed FROM vault_master_rotation)
                    WHERE EXISTS (SELECT 1 FROM vault_master_rotation);
                    DELETE FROM vault_master_rotation;
                    """)
        }
        try forgetOverwritten()
    }

    package func vaultCounts() throws -> VaultCounts {
        try read { db in
            func byTerm(_ table: String) throws -> [UInt32: Int] {
                let rows = try Row.fetchAll(
                    db, sql: "SELECT substr(sealed, 2, 4) AS term, count(*) AS n FROM \(table) GROUP BY 1")
                return Dictionary(rows.map { (VaultTerm.of([0] + $0.bytes("term")), $0["n"]) }, uniquingKeysWith: +)
            }
            return VaultCounts(
                keysByMasterTerm: try byTerm("vault_keys"), recordsByTerm: try byTerm("vault_records"),
                previous: try Int.fetchOne(db, sql: "SELECT count(*) FROM vault_previous") ?? 0)
        }
    }

    package func vaultStamp() throws -> Int64 {
        // Only the writer's connection: it sees commits of the readers' too, but those make none.
        try onWriter { db in try Int64.fetchOne(db, sql: "PRAGMA data_version") ?? 0 }
    }

    package func vaultCounters(after user: String, limit: Int) throws -> [(user: String, counter: UInt64)] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT user_id, counter FROM vault_heads WHERE user_id > ? ORDER BY user_id LIMIT ?",
                arguments: [user, limit]
            ).map { ($0["user_id"], UInt64(bitPattern: $0["counter"])) }
        }
    }
}

/// The key's term in an envelope's second to fifth byte.
enum VaultTerm {
    static func bytes(_ term: UInt32) -> [UInt8] { withUnsafeBytes(of: term.bigEndian) { Array($0) } }

    /// 0, which is no term, for what is too short to have one.
    static func of(_ sealed: [UInt8]) -> UInt32 {
        sealed.count < 5 ? 0 : sealed[1..<5].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
