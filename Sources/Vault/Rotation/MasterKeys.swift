import Crypto

/// The master keys in use: one, or two while a rotation lasts.
struct MasterKeys: Sendable {
    /// Wraps new keys.
    let current: MasterKey
    /// Wraps what the rotation has not come to yet.
    let old: MasterKey?

    private static let knownBlock = Array("penstock vault, the master key fits".utf8)

    /// Whether this is the key that a check was sealed with; if so, the key at its term.
    static func fitting(_ key: MasterKey, check: [UInt8]) throws(VaultError) -> MasterKey? {
        let envelope = try Envelope(stored: check, what: "master key check")
        let associated = envelope.authenticated(with: .check())
        guard let known = envelope.open(key: key.key, authenticating: associated), known.matches(Secret(knownBlock))
        else { return nil }
        return key.at(term: envelope.term)
    }

    /// A check for a key, to be stored.
    static func check(for key: MasterKey) throws(VaultError) -> [UInt8] {
        try seal(knownBlock, under: key, for: .check())
    }

    /// The key that wraps an envelope; `what` is its name in errors. Throws `tampered` for a term not in use.
    func key(for envelope: Envelope, what: String) throws(VaultError) -> MasterKey {
        if envelope.term == current.term { return current }
        if let old, envelope.term == old.term { return old }
        throw VaultError(
            .tampered,
            "The stored \(what) names master key term \(envelope.term), this process has term \(current.term): either it "
                + "was changed, or another process rotated the master key. Restart with the new key, or restore a backup."
        )
    }

    /// The old key, sealed under this one.
    static func seal(old: MasterKey, under key: MasterKey) throws(VaultError) -> [UInt8] {
        var bytes = bigEndian(old.term) + old.key.withUnsafeBytes { Array($0) }
        defer { wipe(&bytes) }
        return try seal(bytes, under: key, for: .oldMasterKey())
    }

    /// Reads what `seal(old:under:)` gave.
    static func openOld(_ sealed: [UInt8], with key: MasterKey) throws(VaultError) -> MasterKey {
        let envelope = try Envelope(stored: sealed, what: "old master key")
        let plain = envelope.open(key: key.key, authenticating: envelope.authenticated(with: .oldMasterKey()))
        let headerLength = MemoryLayout<UInt32>.size
        guard let plain, plain.count == headerLength + MasterKey.length else {
            throw VaultError(.tampered, "The stored old master key was changed. Restore the database from a backup.")
        }
        return plain.withBytes { bytes in
            MasterKey(
                key: SymmetricKey(data: bytes[headerLength...]),
                term: bytes[..<headerLength].reduce(0) { $0 << 8 | UInt32($1) }, source: "the database")
        }
    }

    private static func seal(
        _ bytes: [UInt8], under key: MasterKey, for place: AssociatedData
    ) throws(VaultError) -> [UInt8] {
        // Typed throws cannot pass through the closure-taking standard library here, hence the result.
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(VaultError) in try Envelope.seal(bytes, key: key.key, term: key.term, for: place) }
        }.get()
    }
}
