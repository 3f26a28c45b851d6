import GRDB
package import Registry

extension SQLiteStore: DeliveryStore {
    package func create(_ delivery: Delivery) throws(StoreError) {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO deliveries
                        (id, user_id, api_id, event, time, state, attempts, next_attempt, last_status)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    delivery.id, delivery.user, delivery.api, delivery.event, delivery.time, delivery.state.rawValue,
                    delivery.attempts, delivery.nextAttempt, delivery.lastStatus,
                ])
        }
    }

    package func update(_ delivery: Delivery) throws(StoreError) {
        try write { db in
            try db.execute(
                sql: """
                    UPDATE deliveries SET state = ?, attempts = ?, next_attempt = ?, last_status = ?
                    WHERE id = ? AND user_id = ?
                    """,
                arguments: [
                    delivery.state.rawValue, delivery.attempts, delivery.nextAttempt, delivery.lastStatus, delivery.id,
                    delivery.user,
                ])
            guard db.changesCount > 0 else { throw StoreError(.notFound, "There is no delivery \(delivery.id).") }
        }
    }

    package func deliveries(
        user: String, limit: Int, after cursor: String?
    ) throws(StoreError) -> [Delivery] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM deliveries WHERE user_id = :user AND (:cursor IS NULL OR (time, id) < (
                        SELECT time, id FROM deliveries WHERE id = :cursor AND user_id = :user))
                    ORDER BY time DESC, id DESC LIMIT :limit
                    """,
                arguments: ["user": user, "cursor": cursor, "limit": limit]
            ).map(Delivery.init(row:))
        }
    }

    package func dueDeliveries(at time: Int64, limit: Int) throws(StoreError) -> [Delivery] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM deliveries WHERE state = 'pending' AND next_attempt <= ?
                    ORDER BY next_attempt LIMIT ?
                    """,
                arguments: [time, limit]
            ).map(Delivery.init(row:))
        }
    }

    package func removeDeliveries(before time: Int64, limit: Int) throws(StoreError) -> Int {
        try write { db in
            try db.execute(
                sql: """
                    DELETE FROM deliveries WHERE id IN (
                        SELECT id FROM deliveries WHERE state <> 'pending' AND time < ? ORDER BY time LIMIT ?)
                    """,
                arguments: [time, limit])
            return db.changesCount
        }
    }
}

extension Delivery {
    fileprivate init(row: Row) throws {
        guard let state = State(rawValue: row["state"]) else {
            throw StoreError(.corrupt, "Delivery \(row["id"] as String) has an unknown state. Restore a backup.")
        }
        self.init(
            id: row["id"], user: row["user_id"], api: row["api_id"], event: row["event"], time: row["time"],
            state: state, attempts: row["attempts"], nextAttempt: row["next_attempt"], lastStatus: row["last_status"])
    }
}
