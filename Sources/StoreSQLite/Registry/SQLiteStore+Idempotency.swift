import GRDB
package import Registry

extension SQLiteStore: IdempotencyStore {
    package func claim(_ request: IdempotentRequest, at time: Int64) throws(StoreError) -> IdempotencyClaim {
        try write { db in
            try db.execute(
                sql: "DELETE FROM idempotency WHERE user_id = ? AND key = ? AND expires <= ?",
                arguments: [request.owner, request.key, time])
            let row = try Row.fetchOne(
                db, sql: "SELECT digest, status, body FROM idempotency WHERE user_id = ? AND key = ?",
                arguments: [request.owner, request.key])
            if let row {
                guard row.bytes("digest") == request.digest else { return .conflict }
                guard let status = row["status"] as Int? else { return .inProgress }
                let hasBody = !row.hasNull(atIndex: 2)
                return .replay(IdempotentResponse(status: status, body: hasBody ? row.bytes("body") : nil))
            }
            try Self.makeRoom(for: request, at: time, db)
            try db.execute(
                sql: "INSERT INTO idempotency (user_id, key, digest, expires) VALUES (?, ?, ?, ?)",
                arguments: [request.owner, request.key, request.digest.blob, time + IdempotencyLimits.lifetime])
            return .claimed
        }
    }

    package func complete(_ request: IdempotentRequest, with response: IdempotentResponse) throws(StoreError) {
        let body = response.body.flatMap { $0.count <= IdempotencyLimits.body ? $0.blob : nil }
        try write { db in
            try db.execute(
                sql: "UPDATE idempotency SET status = ?, body = ? WHERE user_id = ? AND key = ? AND digest = ?",
                arguments: [response.status, body, request.owner, request.key, request.digest.blob])
        }
    }

    package func release(_ request: IdempotentRequest) throws(StoreError) {
        try write { db in
            try db.execute(
                sql: "DELETE FROM idempotency WHERE user_id = ? AND key = ? AND digest = ? AND status IS NULL",
                arguments: [request.owner, request.key, request.digest.blob])
        }
    }

    package func releaseUnfinished() throws(StoreError) {
        try write { db in try db.execute(sql: "DELETE FROM idempotency WHERE status IS NULL") }
    }

    package func removeExpired(at time: Int64, limit: Int) throws(StoreError) -> Int {
        try write { db in
            try db.execute(
                sql: """
                    DELETE FROM idempotency WHERE (user_id, key) IN (
                        SELECT user_id, key FROM idempotency WHERE expires <= ? ORDER BY expires LIMIT ?)
                    """,
                arguments: [time, limit])
            return db.changesCount
        }
    }

    /// Counting stops at the limit, so that a claim costs as much for one who has many keys.
    private static func makeRoom(for request: IdempotentRequest, at time: Int64, _ db: Database) throws {
        func isFull() throws -> Bool {
            let found = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM (SELECT 1 FROM idempotency WHERE user_id = ? LIMIT ?)",
                arguments: [request.owner, IdempotencyLimits.keys])
            return found ?? 0 >= IdempotencyLimits.keys
        }
        guard try isFull() else { return }
        try db.execute(
            sql: "DELETE FROM idempotency WHERE user_id = ? AND expires <= ?", arguments: [request.owner, time])
        guard try !isFull() else {
            throw StoreError(
                .full, "\(IdempotencyLimits.keys) idempotency keys are known; send this without one, or wait.")
        }
    }
}

extension IdempotentRequest {
    /// Ids of users are never empty.
    fileprivate var owner: String { user ?? "" }
}
