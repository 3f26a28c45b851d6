extension Schema {
    /// What operators suspend, when tokens expire and when they were last used; NULL for never.
    static let operators = """
        ALTER TABLE users ADD COLUMN suspended INTEGER;
        ALTER TABLE apis ADD COLUMN suspended INTEGER;
        ALTER TABLE tokens ADD COLUMN expires INTEGER;
        ALTER TABLE tokens ADD COLUMN last_used INTEGER;
        """
}
