extension Schema {
    /// Calls in any minute, in a UTC day, and at the same time; NULL for no limit.
    static let tokenLimits = """
        ALTER TABLE tokens ADD COLUMN per_minute INTEGER;
        ALTER TABLE tokens ADD COLUMN per_day INTEGER;
        ALTER TABLE tokens ADD COLUMN in_flight INTEGER;
        """

    static let vaultVersions = """
        CREATE TABLE vault_previous (
            user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
            api_id TEXT NOT NULL,
            field TEXT NOT NULL,
            version INTEGER NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (user_id, api_id, field)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE vault_history (
            user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
            api_id TEXT NOT NULL,
            field TEXT NOT NULL,
            version INTEGER NOT NULL,
            created INTEGER,
            term INTEGER NOT NULL,
            PRIMARY KEY (user_id, api_id, field, version)
        ) STRICT, WITHOUT ROWID;
        -- Keys were not rotated before, so all are of term 1.
        INSERT INTO vault_history (user_id, api_id, field, version, created, term)
            SELECT user_id, api_id, field, version, NULL, 1 FROM vault_records;
        -- How far a rotation of all users' keys has come; no row while there is none.
        CREATE TABLE vault_user_rotation (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            user_id TEXT NOT NULL
        ) STRICT;
        CREATE TABLE vault_master_rotation (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            sealed BLOB NOT NULL,
            old_key BLOB NOT NULL
        ) STRICT;
        """

    // Figures outlive users and APIs, as records do.
    static let auditFigures = """
        CREATE INDEX audit_failures ON audit(api_id, time) WHERE api_id IS NOT NULL AND outcome <> 'OK';
        CREATE TABLE audit_rollups (
            api_id TEXT NOT NULL,
            hour INTEGER NOT NULL,
            endpoint TEXT NOT NULL,
            user_id TEXT,
            calls INTEGER NOT NULL,
            succeeded INTEGER NOT NULL,
            limited INTEGER NOT NULL,
            total_us INTEGER NOT NULL,
            request_bytes INTEGER NOT NULL,
            response_bytes INTEGER NOT NULL,
            last_used INTEGER NOT NULL,
            latency BLOB NOT NULL,
            errors TEXT NOT NULL,
            PRIMARY KEY (api_id, hour, endpoint)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX audit_rollups_by_hour ON audit_rollups(hour);
        CREATE TABLE audit_usage (
            api_id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT,
            calls INTEGER NOT NULL,
            last_used INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX audit_usage_by_user ON audit_usage(user_id);
        -- The last record that was removed; no row while all are there.
        CREATE TABLE audit_checkpoint (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            seq INTEGER NOT NULL,
            hash BLOB NOT NULL
        ) STRICT;
        """

    static let deliveries = """
        CREATE TABLE deliveries (
            id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
            api_id TEXT,
            event TEXT NOT NULL,
            time INTEGER NOT NULL,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            next_attempt INTEGER,
            last_status INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX deliveries_by_user ON deliveries(user_id, time, id);
        CREATE INDEX deliveries_due ON deliveries(next_attempt) WHERE state = 'pending';
        CREATE INDEX deliveries_done ON deliveries(time) WHERE state <> 'pending';
        """

    // Operators' keys have the empty user, hence no reference.
    static let idempotency = """
        CREATE TABLE idempotency (
            user_id TEXT NOT NULL,
            key TEXT NOT NULL,
            digest BLOB NOT NULL,
            expires INTEGER NOT NULL,
            status INTEGER,
            body BLOB,
            PRIMARY KEY (user_id, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX idempotency_expired ON idempotency(expires);
        CREATE INDEX idempotency_unfinished ON idempotency(user_id) WHERE status IS NULL;
        CREATE TRIGGER idempotency_of_deleted_users AFTER DELETE ON users
            BEGIN DELETE FROM idempotency WHERE user_id = old.id; END;
        """
}
