import Crypto

/// One user's unwrapped keys and sealed records, checked against the head; an immutable snapshot, swapped whole.
struct UserCredentials: Sendable {
    /// A record whose place and version the head confirms, ready to be opened.
    struct Record: Sendable {
        var row: VaultRecordRow
        var envelope: Envelope
        var key: SymmetricKey
        var associated: [UInt8]

        func open() -> Secret? { envelope.open(key: key, authenticating: associated) }
    }

    enum Entry: Sendable {
        case sound(Record)
        case tampered(String)
    }

    /// The value before the current one, and until when it may be used, in microseconds since 1970.
    struct Previous: Sendable {
        var entry: Entry
        var until: Int64
    }

    let user: String
    var keys: [UInt32: SymmetricKey]
    /// The term new records are sealed under.
    var currentTerm: UInt32
    /// The head's counter; 0 before the first write.
    var counter: UInt64
    var entries: [VaultRecordName: Entry]
    var previous: [VaultRecordName: Previous] = [:]

    /// A user who has no key yet.
    static func new(user: String) -> UserCredentials {
        UserCredentials(
            user: user, keys: [1: SymmetricKey(size: .bits256)], currentTerm: 1, counter: 0, entries: [:])
    }

    init(
        user: String, keys: [UInt32: SymmetricKey], currentTerm: UInt32, counter: UInt64,
        entries: [VaultRecordName: Entry]
    ) {
        self.user = user
        self.keys = keys
        self.currentTerm = currentTerm
        self.counter = counter
        self.entries = entries
    }

    /// Unwraps the keys and holds every stored record against the head.
    ///
    /// A key or head that does not authenticate fails the whole user; a bad record fails only itself.
    init(user: String, rows: VaultRows, masters: MasterKeys) throws(VaultError) {
        self.user = user
        keys = [:]
        for row in rows.keys {
            keys[row.term] = try Self.unwrap(row, user: user, masters: masters)
        }
        guard let term = keys.keys.max(), let headRow = rows.head else {
            throw VaultError(
                .tampered, "User \(user)'s stored credentials lack a key or a head. Restore the database from a backup."
            )
        }
        currentTerm = term
        let head = try UserHead(stored: headRow, user: user, keys: keys)
        counter = head.counter
        entries = [:]
        for row in rows.records {
            do {
                let known = head.entries[row.name].map { ($0.version, $0.digest) }
                entries[row.name] = .sound(try Self.check(row, user: user, against: known, keys: keys))
            } catch {
                entries[row.name] = .tampered(error.message)
            }
        }
        for row in rows.previous {
            // One that the head does not know may not be used, and nothing refers to it.
            guard let known = head.entries[row.name]?.previous else { continue }
            do {
                let record = try Self.check(row, user: user, against: (known.version, known.digest), keys: keys)
                previous[row.name] = Previous(entry: .sound(record), until: known.until)
            } catch {
                previous[row.name] = Previous(entry: .tampered(error.message), until: known.until)
            }
        }
        for name in head.entries.keys where entries[name] == nil {
            entries[name] = .tampered("The stored credential \(name.api)/\(name.field) of user \(user) was removed.")
        }
    }

    /// What the head has to say for these entries.
    var headEntries: [VaultRecordName: UserHead.Entry] {
        var described: [VaultRecordName: UserHead.Entry] = [:]
        for (name, entry) in entries {
            guard case .sound(let record) = entry else { continue }
            described[name] = UserHead.Entry(
                version: record.row.version, digest: UserHead.digest(of: record.row.sealed))
            if let kept = previous[name], case .sound(let record) = kept.entry {
                described[name]?.previous = UserHead.Previous(
                    version: record.row.version, digest: UserHead.digest(of: record.row.sealed), until: kept.until)
            }
        }
        return described
    }

    /// The head that describes this, sealed under the current key.
    func sealedHead() throws(VaultError) -> VaultHeadRow {
        guard let key = keys[currentTerm] else {
            throw VaultError(.tampered, "User \(user) has no key of term \(currentTerm).")
        }
        return try UserHead(counter: counter, entries: headEntries).sealed(user: user, key: key, term: currentTerm)
    }

    /// Seals a value as `version` of a record.
    func seal(_ secret: Secret, as name: VaultRecordName, version: UInt64) throws(VaultError) -> Record {
        guard let key = keys[currentTerm] else {
            throw VaultError(.tampered, "User \(user) has no key of term \(currentTerm).")
        }
        let place = AssociatedData.record(user: user, api: name.api, field: name.field, version: version)
        let sealed = try secret.withBytes { bytes throws(VaultError) in
            try Envelope.seal(bytes, key: key, term: currentTerm, for: place)
        }
        let envelope = try Envelope(stored: sealed, what: "credential")
        return Record(
            row: VaultRecordRow(name: name, version: version, sealed: sealed), envelope: envelope, key: key,
            associated: envelope.authenticated(with: place))
    }

    /// Wraps the current key under the master key.
    func wrappedKey(master: MasterKey) throws(VaultError) -> VaultKeyRow {
        guard let key = keys[currentTerm] else {
            throw VaultError(.tampered, "User \(user) has no key of term \(currentTerm).")
        }
        let place = AssociatedData.userKey(user: user, term: currentTerm)
        let sealed = key.withUnsafeBytes { bytes in
            Result { () throws(VaultError) in
                try Envelope.seal(bytes, key: master.key, term: master.term, for: place)
            }
        }
        return VaultKeyRow(term: currentTerm, sealed: try sealed.get())
    }

    private static func unwrap(
        _ row: VaultKeyRow, user: String, masters: MasterKeys
    ) throws(VaultError) -> SymmetricKey {
        let envelope = try Envelope(stored: row.sealed, what: "key of user \(user)")
        let master = try masters.key(for: envelope, what: "key of user \(user)")
        let associated = envelope.authenticated(with: .userKey(user: user, term: row.term))
        guard let plain = envelope.open(key: master.key, authenticating: associated), plain.count == 32 else {
            throw VaultError(
                .tampered, "The stored key of user \(user) was changed. Restore the database from a backup.")
        }
        return plain.withBytes { SymmetricKey(data: $0) }
    }

    private static func check(
        _ row: VaultRecordRow, user: String, against known: (version: UInt64, digest: [UInt8])?,
        keys: [UInt32: SymmetricKey]
    ) throws(VaultError) -> Record {
        let what = "credential \(row.name.api)/\(row.name.field) of user \(user)"
        guard let known, known.version == row.version, known.digest == UserHead.digest(of: row.sealed) else {
            throw VaultError(
                .tampered,
                "The stored \(what) is not the current one: it was changed, copied or put back. Set it again.")
        }
        let envelope = try Envelope(stored: row.sealed, what: what)
        guard let key = keys[envelope.term] else {
            throw VaultError(.tampered, "The stored \(what) names a key that does not exist. Set it again.")
        }
        let place = AssociatedData.record(
            user: user, api: row.name.api, field: row.name.field, version: row.version)
        return Record(row: row, envelope: envelope, key: key, associated: envelope.authenticated(with: place))
    }
}
