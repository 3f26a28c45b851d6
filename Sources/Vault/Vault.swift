import Crypto
import Synchronization

/// The encrypted credentials of all users: master key → one key per user → records (AES-256-GCM, C1).
///
/// Users' keys and sealed records are cached in memory; a plain value exists only inside the `Secret` that `open`
/// returns. `open` of a user already loaded touches no disk; everything else may block on the store, so call it away
/// from event loops.
package final class Vault: Sendable {
    private let master: MasterKey
    private let store: any VaultStore
    private let users = Mutex<[String: UserCredentials]>([:])
    /// Held over reading and writing rows, so that what is cached is what was stored last.
    private let storage = Mutex<Void>(())

    /// Opens the vault of a store, or makes it if the store is new.
    ///
    /// Throws `VaultError.wrongMasterKey` when the store was made with another key.
    package init(masterKey: MasterKey, store: any VaultStore) throws {
        master = masterKey
        self.store = store
        let place = AssociatedData.check()
        if let stored = try store.loadVaultCheck() {
            let envelope = try Envelope(stored: stored, what: "master key check")
            guard
                let known = envelope.open(key: master.key, authenticating: envelope.authenticated(with: place)),
                known.matches(Secret(Self.knownBlock))
            else {
                throw VaultError(
                    .wrongMasterKey,
                    "The master key is not the one this database was made with. Give the right key file; nothing was changed."
                )
            }
        } else {
            guard try !store.holdsVaultKeys() else {
                throw VaultError(
                    .tampered, "The database holds users' keys but no master key check. Restore it from a backup.")
            }
            let sealed = try Self.knownBlock.withUnsafeBytes {
                try Envelope.seal($0, key: masterKey.key, term: masterKey.term, for: place)
            }
            try store.saveVaultCheck(sealed)
        }
    }

    private static let knownBlock = Array("penstock vault, the master key fits".utf8)

    /// Opens one credential. Cheap once the user is loaded: one look-up and one AES-GCM open.
    ///
    /// Throws `VaultError.missing` (S9) or `.tampered`, or the store's error while the user is first loaded.
    package func open(_ reference: VaultReference) throws -> Secret {
        let name = VaultRecordName(api: reference.api, field: reference.field)
        let cached = users.withLock { $0[reference.user].map { $0.entries[name] } }
        guard let entry = try cached ?? load(reference.user).entries[name] else {
            throw VaultError(.missing, "No credential is stored under \(reference).")
        }
        switch entry {
        case .tampered(let reason):
            throw VaultError(.tampered, reason)
        case .sound(let record):
            guard let secret = record.envelope.open(key: record.key, authenticating: record.associated) else {
                throw VaultError(.tampered, "The stored credential \(reference) was changed. Set it again.")
            }
            return secret
        }
    }

    /// `open` for a reference in its textual form; parse it once instead where calls are frequent.
    package func open(_ reference: String) throws -> Secret {
        try open(VaultReference(reference))
    }

    /// Loads a user's keys and records, so that no later `open` touches the disk.
    package func preload(user: String) throws {
        if users.withLock({ $0[user] != nil }) { return }
        _ = try load(user)
    }

    /// The fields stored for an API, sorted; no values are opened.
    package func fields(user: String, api: String) throws -> [String] {
        let cached = users.withLock { $0[user] }
        let entries = try (cached ?? load(user)).entries
        return entries.keys.filter { $0.api == api }.map(\.field).sorted()
    }

    /// Stores one credential, replacing what is there.
    package func put(_ secret: Secret, user: String, api: String, field: String) throws -> VaultReference {
        let reference = try VaultReference(user: user, api: api, field: field)
        try change(user: user, api: api, puts: [(field, secret)]) { [store] change in
            if let change { try store.commit(change) }
        }
        return reference
    }

    /// Removes all credentials of an API.
    package func delete(user: String, api: String) throws {
        try delete(user: user, api: api) { [store] change in
            if let change { try store.commit(change) }
        }
    }

    /// Removes all credentials of an API, in a transaction that the caller runs; see `change`.
    package func delete(user: String, api: String, commit: (VaultChange?) throws -> Void) throws {
        try change(user: user, api: api, deletes: fields(user: user, api: api), commit: commit)
    }

    /// Stores and removes credentials of an API in a transaction that the caller runs.
    ///
    /// - Parameters:
    ///   - puts: fields and their new values.
    ///   - deletes: fields to remove; those not stored are passed over.
    ///   - commit: applies the change (`nil`: there is none) together with whatever belongs to it, for example the API's
    ///     definition, in one transaction. It is called exactly once, must block until that is durable, and must not
    ///     call the vault. When it throws, the vault is as before and the error is passed on.
    package func change(
        user: String, api: String, puts: [(field: String, secret: Secret)] = [], deletes: [String] = [],
        commit: (VaultChange?) throws -> Void
    ) throws {
        for (field, _) in puts { _ = try VaultReference(user: user, api: api, field: field) }
        try storage.withLock { _ in
            let cached = users.withLock { $0[user] }
            var next = try cached ?? read(user)
            let removed = deletes.map { VaultRecordName(api: api, field: $0) }.filter { next.entries[$0] != nil }
            guard !puts.isEmpty || !removed.isEmpty else { return try commit(nil) }

            let expected = next.counter
            next.counter += 1
            for name in removed { next.entries[name] = nil }
            var rows: [VaultRecordRow] = []
            for (field, secret) in puts {
                let name = VaultRecordName(api: api, field: field)
                let record = try next.seal(secret, as: name, version: next.counter)
                next.entries[name] = .sound(record)
                rows.append(record.row)
            }
            try commit(
                VaultChange(
                    user: user, expectedCounter: expected,
                    newKeys: expected == 0 ? [next.wrappedKey(master: master)] : [],
                    puts: rows, deletes: removed, head: try head(of: next)))
            let stored = next
            users.withLock { $0[user] = stored }
        }
    }

    /// Drops a user's keys and records from memory; for a deleted user, after the store dropped the rows.
    package func forget(user: String) {
        storage.withLock { _ in users.withLock { $0[user] = nil } }
    }

    private func head(of credentials: UserCredentials) throws(VaultError) -> VaultHeadRow {
        guard let key = credentials.keys[credentials.currentTerm] else {
            throw VaultError(.tampered, "User \(credentials.user) has no key of term \(credentials.currentTerm).")
        }
        return try UserHead(counter: credentials.counter, entries: credentials.headEntries)
            .sealed(user: credentials.user, key: key, term: credentials.currentTerm)
    }

    private func load(_ user: String) throws -> UserCredentials {
        try storage.withLock { _ in
            if let cached = users.withLock({ $0[user] }) { return cached }
            let loaded = try read(user)
            users.withLock { $0[user] = loaded }
            return loaded
        }
    }

    /// A user without rows gets a key that is stored with the first record.
    private func read(_ user: String) throws -> UserCredentials {
        guard let rows = try store.loadVaultRows(user: user) else { return .new(user: user) }
        return try UserCredentials(user: user, rows: rows, master: master)
    }
}
