import Audit
import GRDB

/// Tables and how they came to be. A migration that has been released is never changed; another is added.
enum Schema {
    /// "PSTK", in the file's header.
    static let applicationID = 0x5053_544B

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1-registry") { try $0.execute(sql: registry) }
        migrator.registerMigration("1-vault") { try $0.execute(sql: vault) }
        migrator.registerMigration("1-audit") { try $0.execute(sql: audit) }
        migrator.registerMigration("2-vault") { try $0.execute(sql: vaultVersions) }
        migrator.registerMigration("2-audit") { db in
            try db.execute(sql: auditFigures)
            try AuditFigures.addAll(db)
        }
        migrator.registerMigration("2-deliveries") { try $0.execute(sql: deliveries) }
        migrator.registerMigration("2-idempotency") { try $0.execute(sql: idempotency) }
        migrator.registerMigration("2-token-limits") { try $0.execute(sql: tokenLimits) }
        migrator.registerMigration("3-drift") { try $0.execute(sql: drift) }
        migrator.registerMigration("3-imports") { try $0.execute(sql: imports) }
        migrator.registerMigration("4-operators") { try $0.execute(sql: operators) }
        migrator.registerMigration("4-imported-defaults") { try ImportedDefaults.migrate($0) }
        migrator.registerMigration("5-journal") { try journal($0) }
        return migrator
    }

    private static let registry = """
        CREATE TABLE users (
            id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            created INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE tunnels (
            id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            created INTEGER NOT NULL,
            last_seen INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX tunnels_by_user ON tunnels(user_id);
        -- A tunnel's tokens outlive it, revoked; hence no reference.
        CREATE TABLE tokens (
            id TEXT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL,
            user_id TEXT REFERENCES users(id) ON DELETE CASCADE,
            tunnel_id TEXT,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            last_four TEXT NOT NULL,
            label TEXT NOT NULL,
            apis TEXT,
            created INTEGER NOT NULL,
            revoked INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX tokens_by_user ON tokens(user_id);
        CREATE INDEX tokens_by_tunnel ON tokens(tunnel_id) WHERE tunnel_id IS NOT NULL;
        CREATE TABLE apis (
            id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
            slug TEXT NOT NULL,
            definition TEXT NOT NULL,
            version INTEGER NOT NULL,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            UNIQUE (user_id, slug)
        ) STRICT;
        """

    private static let vault = """
        CREATE TABLE vault_check (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            sealed BLOB NOT NULL
        ) STRICT;
        CREATE TABLE vault_keys (
            user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
            term INTEGER NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (user_id, term)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE vault_records (
            user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
            api_id TEXT NOT NULL,
            field TEXT NOT NULL,
            version INTEGER NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (user_id, api_id, field)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE vault_heads (
            user_id TEXT NOT NULL PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE,
            counter INTEGER NOT NULL,
            sealed BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    // No reference to users or APIs: the record outlives them.
    private static let audit = """
        CREATE TABLE audit (
            seq INTEGER NOT NULL PRIMARY KEY,
            time INTEGER NOT NULL,
            kind TEXT NOT NULL,
            user_id TEXT,
            api_id TEXT,
            endpoint TEXT,
            outcome TEXT NOT NULL,
            status INTEGER,
            request_id TEXT NOT NULL,
            record TEXT NOT NULL,
            hash BLOB NOT NULL
        ) STRICT;
        CREATE INDEX audit_by_api ON audit(api_id, time) WHERE api_id IS NOT NULL;
        CREATE TABLE audit_chain (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            seq INTEGER NOT NULL,
            hash BLOB NOT NULL,
            probes INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        INSERT INTO audit_chain (id, seq, hash) VALUES (1, 0, zeroblob(32));
        """
}
