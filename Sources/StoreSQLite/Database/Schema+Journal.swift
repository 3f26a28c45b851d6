import GRDB

extension Schema {
    /// Records are in files now: `audit_chain` says up to which record there are figures, and `removed` how many of an
    /// API's calls were among records that were removed.
    static func journal(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE audit_journal (
                    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
                    generation INTEGER NOT NULL
                ) STRICT;
                INSERT INTO audit_journal (id, generation) VALUES (1, 1);
                ALTER TABLE audit_usage ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
                UPDATE audit_usage SET removed = calls - min(calls, coalesce(
                    (SELECT sum(min(calls, 4611686018427387903)) FROM audit_rollups AS r
                     WHERE r.api_id = audit_usage.api_id), 0));
                """)
        // Records that are there are copied to the journal before it is opened.
        guard try Row.fetchOne(db, sql: "SELECT 1 FROM audit LIMIT 1") == nil else { return }
        try db.execute(sql: "DROP TABLE audit")
    }
}
