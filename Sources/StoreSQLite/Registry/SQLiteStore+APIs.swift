import GRDB
package import Registry
package import Value
package import Vault

extension SQLiteStore: RegistryStore {
    package typealias Companion = VaultChange

    package func api(user: String, slug: String) throws(StoreError) -> StoredAPI? {
        try read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM apis WHERE user_id = ? AND slug = ?", arguments: [user, slug])
                .map(StoredAPI.init(row:))
        }
    }

    package func apis(user: String) throws(StoreError) -> [StoredAPI] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM apis WHERE user_id = ? ORDER BY slug", arguments: [user])
                .map(StoredAPI.init(row:))
        }
    }

    package func apis(ofAny user: String?, _ page: PageBounds) throws(StoreError) -> Page<StoredAPI> {
        try read { db in try Self.page(page, of: "apis", user: user, db, StoredAPI.init(row:)) }
    }

    package func suspendAPI(id: String, since time: Int64?) throws(StoreError) -> StoredAPI {
        try write { db in
            try db.execute(sql: "UPDATE apis SET suspended = ? WHERE id = ?", arguments: [time, id])
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM apis WHERE id = ?", arguments: [id]) else {
                throw StoreError(.notFound, "There is no API \(id).")
            }
            return try StoredAPI(row: row)
        }
    }

    package func apiNames() throws(StoreError) -> [APIName] {
        try read { db in
            // By position: looking columns up by name takes longer than the rest.
            let rows = try Row.fetchCursor(db, sql: "SELECT id, user_id, slug FROM apis")
            var names: [APIName] = []
            while let row = try rows.next() { names.append(APIName(id: row[0], user: row[1], slug: row[2])) }
            return names
        }
    }

    package func allAPIs() throws(StoreError) -> [StoredAPI] {
        try read { db in try Row.fetchAll(db, sql: "SELECT * FROM apis").map(StoredAPI.init(row:)) }
    }

    package func save(
        _ api: StoredAPI, expecting: Expectation, with companion: VaultChange?, imported: JSON?
    ) throws(StoreError) {
        let definition = api.definition.text()
        let imported = imported?.text()
        try write { db in
            if expecting == .absent {
                try db.execute(
                    sql: """
                        INSERT INTO apis (id, user_id, slug, definition, version, created, updated)
                        VALUES (?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [api.id, api.user, api.slug, definition, api.version, api.created, api.updated])
            } else {
                try Self.check(id: api.id, user: api.user, expecting, db)
                try db.execute(
                    sql:
                        "UPDATE apis SET slug = ?, definition = ?, version = ?, updated = ? WHERE id = ? AND user_id = ?",
                    arguments: [api.slug, definition, api.version, api.updated, api.id, api.user])
            }
            if let imported {
                try db.execute(
                    sql: "INSERT OR REPLACE INTO imports (api_id, definition) VALUES (?, ?)",
                    arguments: [api.id, imported])
            }
            try companion?.apply(to: db)
        }
    }

    package func importedDefinition(api id: String, user: String) throws(StoreError) -> JSON? {
        let text = try read { db in
            try String.fetchOne(
                db,
                sql: """
                    SELECT imports.definition FROM imports JOIN apis ON apis.id = imports.api_id
                    WHERE apis.id = ? AND apis.user_id = ?
                    """, arguments: [id, user])
        }
        guard let text else { return nil }
        guard let definition = try? JSON.parse(text) else {
            throw StoreError(
                .corrupt, "What was imported for API \(id) is not JSON. Import the API's older document as its base.")
        }
        return definition
    }

    package func deleteAPI(
        id: String, user: String, expecting: Expectation, with companion: VaultChange?
    ) throws(StoreError) {
        try write { db in
            try Self.check(id: id, user: user, expecting, db)
            try db.execute(sql: "DELETE FROM apis WHERE id = ? AND user_id = ?", arguments: [id, user])
            try companion?.apply(to: db)
        }
    }

    private static func check(id: String, user: String, _ expecting: Expectation, _ db: Database) throws {
        let version = try Int.fetchOne(
            db, sql: "SELECT version FROM apis WHERE id = ? AND user_id = ?", arguments: [id, user])
        guard let version else { throw StoreError(.notFound, "There is no API \(id).") }
        if case .version(let expected) = expecting, expected != version {
            throw StoreError(
                .conflict,
                "The definition is at version \(version), not \(expected): read it again and repeat the change.")
        }
    }
}

extension StoredAPI {
    fileprivate init(row: Row) throws {
        let text: String = row["definition"]
        let definition: JSON
        do {
            definition = try JSON.parse(text)
        } catch {
            throw StoreError(
                .corrupt, "The stored definition of API \(row["id"] as String) is not JSON. Restore a backup.")
        }
        self.init(
            id: row["id"], user: row["user_id"], slug: row["slug"], definition: definition, version: row["version"],
            created: row["created"], updated: row["updated"], suspended: row["suspended"])
    }
}
