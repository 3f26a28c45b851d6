extension String {
    /// A key for a message: in quotes, shortened, and escaped so that it stays on its line.
    package var quotedForMessage: String {
        JSON.string(unicodeScalars.count > 64 ? String(unicodeScalars.prefix(64)) + "…" : self).text()
    }
}
