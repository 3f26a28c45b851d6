import GRDB
package import Registry

extension SQLiteStore {
    package func users(_ page: PageBounds) throws(StoreError) -> Page<User> {
        try read { db in try Self.page(page, of: "users", user: nil, db, User.init(row:)) }
    }

    package func user(id: String) throws(StoreError) -> User? {
        try read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM users WHERE id = ?", arguments: [id]).map(User.init(row:))
        }
    }

    package func users(named name: String) throws(StoreError) -> [User] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM users WHERE name = ? ORDER BY id", arguments: [name])
                .map(User.init(row:))
        }
    }

    package func create(_ user: User) throws(StoreError) {
        try write { db in
            try db.execute(
                sql: "INSERT INTO users (id, name, created, suspended) VALUES (?, ?, ?, ?)",
                arguments: [user.id, user.name, user.created, user.suspended])
        }
    }

    package func suspendUser(id: String, since time: Int64?) throws(StoreError) {
        try write { db in
            try db.execute(sql: "UPDATE users SET suspended = ? WHERE id = ?", arguments: [time, id])
            guard db.changesCount > 0 else { throw StoreError(.notFound, "There is no user \(id).") }
        }
    }

    package func suspendedUsers() throws(StoreError) -> [String] {
        try read { db in try String.fetchAll(db, sql: "SELECT id FROM users WHERE suspended IS NOT NULL") }
    }

    package func deleteUser(id: String) throws(StoreError) {
        try write { db in
            try db.execute(sql: "DELETE FROM users WHERE id = ?", arguments: [id])
            guard db.changesCount > 0 else { throw StoreError(.notFound, "There is no user \(id).") }
        }
        // The deleted key is overwritten in the file (secure_delete); the log would still have it.
        try forgetOverwritten()
    }
}

extension User {
    fileprivate init(row: Row) {
        self.init(id: row["id"], name: row["name"], created: row["created"], suspended: row["suspended"])
    }
}
