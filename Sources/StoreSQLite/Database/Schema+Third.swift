extension Schema {
    static let drift = """
        CREATE TABLE drift (
            id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
            api_id TEXT NOT NULL REFERENCES apis(id) ON DELETE CASCADE,
            endpoint TEXT NOT NULL,
            state TEXT NOT NULL,
            base_etag TEXT NOT NULL,
            base BLOB NOT NULL,
            first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL,
            closed INTEGER,
            mismatches INTEGER NOT NULL,
            looked_at INTEGER NOT NULL,
            details TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX drift_open ON drift(api_id, endpoint) WHERE state = 'open';
        CREATE INDEX drift_by_endpoint ON drift(api_id, endpoint, state);
        CREATE INDEX drift_by_time ON drift(api_id, first_seen, id);
        CREATE INDEX drift_by_user ON drift(user_id);
        """
}
