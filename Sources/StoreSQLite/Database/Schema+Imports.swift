extension Schema {
    /// Definitions as they were last imported: what the next import is compared with.
    static let imports = """
        CREATE TABLE imports (
            api_id TEXT NOT NULL PRIMARY KEY REFERENCES apis(id) ON DELETE CASCADE,
            definition TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}
