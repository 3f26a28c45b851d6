import GRDB
package import Registry
import Value

extension SQLiteStore {
    package func token(id: String) throws(StoreError) -> Token? {
        try read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM tokens WHERE id = ?", arguments: [id]).map(Token.init(row:))
        }
    }

    package func tokens(user: String?) throws(StoreError) -> [Token] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM tokens WHERE user_id IS ? ORDER BY created, id", arguments: [user])
                .map(Token.init(row:))
        }
    }

    package func tokens(ofAny user: String?, _ page: PageBounds) throws(StoreError) -> Page<Token> {
        try read { db in try Self.page(page, of: "tokens", user: user, db, Token.init(row:)) }
    }

    package func activeTokens() throws(StoreError) -> [Token] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM tokens WHERE revoked IS NULL").map(Token.init(row:))
        }
    }

    package func create(_ token: Token) throws(StoreError) {
        let apis = token.apis.map { JSON.array($0.map(JSON.string)).text() }
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO tokens
                        (id, kind, user_id, tunnel_id, hash, last_four, label, apis, created, revoked,
                         per_minute, per_day, in_flight, expires, last_used)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    token.id, token.kind.rawValue, token.user, token.tunnel, token.hash.blob, token.lastFour,
                    token.label, apis, token.created, token.revoked, token.limits.perMinute, token.limits.perDay,
                    token.limits.inFlight, token.expires, token.lastUsed,
                ])
        }
    }

    package func revokeToken(id: String, user: String?, at time: Int64) throws(StoreError) {
        try write { db in
            try db.execute(
                sql: "UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE id = ? AND (? IS NULL OR user_id = ?)",
                arguments: [time, id, user, user])
            guard db.changesCount > 0 else { throw StoreError(.notFound, "There is no token \(id).") }
        }
    }

    package func touchTokens(_ lastUsed: [String: Int64]) throws(StoreError) {
        guard !lastUsed.isEmpty else { return }
        try write { db in
            let update = try db.cachedStatement(sql: "UPDATE tokens SET last_used = ? WHERE id = ?")
            for (id, time) in lastUsed { try update.execute(arguments: [time, id]) }
        }
    }
}

extension Token {
    fileprivate init(row: Row) throws {
        guard let kind = TokenKind(rawValue: row["kind"]) else {
            throw StoreError(.corrupt, "Token \(row["id"] as String) has an unknown kind. Restore a backup.")
        }
        let apis = (row["apis"] as String?).map { text in
            (try? JSON.parse(text))?.array?.compactMap(\.string) ?? []
        }
        self.init(
            id: row["id"], kind: kind, user: row["user_id"], tunnel: row["tunnel_id"], hash: row.bytes("hash"),
            lastFour: row["last_four"], label: row["label"], apis: apis,
            limits: CallLimits(
                perMinute: row["per_minute"], perDay: row["per_day"], inFlight: row["in_flight"]),
            created: row["created"], revoked: row["revoked"], expires: row["expires"], lastUsed: row["last_used"])
    }
}
