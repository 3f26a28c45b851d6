import GRDB
package import Registry

extension SQLiteStore {
    package func tunnel(id: String, user: String?) throws(StoreError) -> Tunnel? {
        try read { db in
            try Row.fetchOne(
                db, sql: "SELECT * FROM tunnels WHERE id = ? AND (? IS NULL OR user_id = ?)",
                arguments: [id, user, user]
            ).map(Tunnel.init(row:))
        }
    }

    package func tunnels(ofAny user: String?, _ page: PageBounds) throws(StoreError) -> Page<Tunnel> {
        try read { db in try Self.page(page, of: "tunnels", user: user, db, Tunnel.init(row:)) }
    }

    package func tunnels(user: String) throws(StoreError) -> [Tunnel] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM tunnels WHERE user_id = ? ORDER BY created, id", arguments: [user])
                .map(Tunnel.init(row:))
        }
    }

    package func create(_ tunnel: Tunnel) throws(StoreError) {
        try write { db in
            try db.execute(
                sql: "INSERT INTO tunnels (id, user_id, name, created, last_seen) VALUES (?, ?, ?, ?, ?)",
                arguments: [tunnel.id, tunnel.user, tunnel.name, tunnel.created, tunnel.lastSeen])
        }
    }

    @discardableResult
    package func deleteTunnel(id: String, user: String?, at time: Int64) throws(StoreError) -> [String] {
        try write { db in
            try db.execute(
                sql: "DELETE FROM tunnels WHERE id = ? AND (? IS NULL OR user_id = ?)", arguments: [id, user, user])
            guard db.changesCount > 0 else { throw StoreError(.notFound, "There is no tunnel \(id).") }
            let tokens = try String.fetchAll(
                db, sql: "SELECT id FROM tokens WHERE tunnel_id = ? AND revoked IS NULL", arguments: [id])
            try db.execute(
                sql: "UPDATE tokens SET revoked = ? WHERE tunnel_id = ? AND revoked IS NULL", arguments: [time, id])
            return tokens
        }
    }

    package func touchTunnels(_ lastSeen: [String: Int64]) throws(StoreError) {
        guard !lastSeen.isEmpty else { return }
        try write { db in
            let update = try db.cachedStatement(sql: "UPDATE tunnels SET last_seen = ? WHERE id = ?")
            for (id, time) in lastSeen { try update.execute(arguments: [time, id]) }
        }
    }
}

extension Tunnel {
    fileprivate init(row: Row) {
        self.init(
            id: row["id"], user: row["user_id"], name: row["name"], created: row["created"], lastSeen: row["last_seen"])
    }
}
