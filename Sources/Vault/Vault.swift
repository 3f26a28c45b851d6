import Crypto
import Synchronization

/// The encrypted credentials of all users: master key → one key per user → records (AES-256-GCM, C1).
///
/// Users' keys and sealed records are cached in memory; a plain value exists only inside the `Secret` that `open`
/// returns. `open` of a user already loaded touches no disk; everything else may block on the store, so call it away
/// from event loops. Writing and rotating never make `open` wait.
package final class Vault: Sendable {
    let store: any VaultStore
    let now: @Sendable () -> Int64
    let masters: Mutex<MasterKeys>
    /// Reads the master key's source again; `nil`: it cannot be read again at any time.
    let reload: (@Sendable () -> [MasterKey])?
    /// Whether another process's master key could not be taken over yet.
    let behind = Atomic<Bool>(false)
    private let users: Mutex<CredentialCache>
    private let opened = Atomic<Int>(0)

    /// Credentials opened since the start, for a metric.
    package var opens: Int { opened.load(ordering: .relaxed) }
    /// Held over reading and writing rows, so that what is cached is what was stored last. Holds the users whose last
    /// write failed: their rows are read anew before the next one, for another process may have changed them.
    private let storage = Mutex<Set<String>>([])

    /// Users kept in memory unless said otherwise.
    package static let defaultCachedUsers = 65_536

    /// Opens the vault of a store, or makes it if the store is new.
    ///
    /// - Parameters:
    ///   - cachedUsers: users whose keys and sealed records are kept in memory.
    ///   - now: microseconds since 1970.
    ///
    /// Throws `VaultError.wrongMasterKey` when the store was made with another key.
    package convenience init(
        masterKey: MasterKey, store: any VaultStore, cachedUsers: Int = Vault.defaultCachedUsers,
        now: @escaping @Sendable () -> Int64 = VaultClock.system
    ) throws {
        try self.init(masterKeys: [masterKey], store: store, cachedUsers: cachedUsers, now: now)
    }

    /// Opens the vault with the one of several keys that fits: around a rotation of the master key, its source may hold
    /// the old one, the new one, or both.
    ///
    /// - Parameters:
    ///   - reload: reads the key's source again, when another process is found to have rotated the master key. It is
    ///     called where a credential is opened, so it must be quick.
    package init(
        masterKeys: [MasterKey], store: any VaultStore, cachedUsers: Int = Vault.defaultCachedUsers,
        now: @escaping @Sendable () -> Int64 = VaultClock.system, reload: (@Sendable () -> [MasterKey])? = nil
    ) throws {
        self.store = store
        self.now = now
        self.reload = reload
        users = Mutex(CredentialCache(limit: cachedUsers))
        masters = Mutex(try Self.masterKeys(masterKeys, store))
    }

    /// Throws what is wrong with the first, which is the one that should fit.
    static func masterKeys(_ candidates: [MasterKey], _ store: any VaultStore) throws -> MasterKeys {
        var first: (any Error)?
        for key in candidates {
            do { return try masterKeys(key, store) } catch { first = first ?? error }
        }
        throw first ?? VaultError(.badMasterKey, "There is no master key.")
    }

    private static func masterKeys(_ key: MasterKey, _ store: any VaultStore) throws -> MasterKeys {
        guard let check = try store.loadVaultCheck() else {
            guard try !store.holdsVaultKeys() else {
                throw VaultError(
                    .tampered, "The database holds users' keys but no master key check. Restore it from a backup.")
            }
            try store.saveVaultCheck(try MasterKeys.check(for: key))
            return MasterKeys(current: key, old: nil)
        }
        let rotation = try store.masterKeyRotation()
        if let rotation, let new = try MasterKeys.fitting(key, check: rotation.check) {
            return MasterKeys(current: new, old: try MasterKeys.openOld(rotation.oldKey, with: new))
        }
        guard let fitting = try MasterKeys.fitting(key, check: check) else {
            throw VaultError(
                .wrongMasterKey,
                "The master key (\(key.source)) is not the one this database was made with. Give the right key; "
                    + "nothing was changed.")
        }
        guard rotation == nil else {
            throw VaultError(
                .wrongMasterKey,
                "The master key (\(key.source)) is being replaced: a rotation has begun and not ended. Give the new "
                    + "key, and the rotation goes on; nothing was changed.")
        }
        return MasterKeys(current: fitting, old: nil)
    }

    /// Opens one credential. Cheap once the user is loaded: one look-up and one AES-GCM open.
    ///
    /// Throws `VaultError.missing` (S9) or `.tampered`, or the store's error while the user is first loaded.
    package func open(_ reference: VaultReference) throws -> Secret {
        let name = VaultRecordName(api: reference.api, field: reference.field)
        guard let entry = try snapshot(of: reference.user).credentials.entries[name] else {
            throw VaultError(.missing, "No credential is stored under \(reference).")
        }
        opened.wrappingAdd(1, ordering: .relaxed)
        return try Self.open(entry, reference)
    }

    /// `open` for a reference in its textual form; parse it once instead where calls are frequent.
    package func open(_ reference: String) throws -> Secret {
        try open(VaultReference(reference))
    }

    /// The value before the current one, while its overlap lasts; `nil` when there is none. For when the API refuses
    /// the current value.
    ///
    /// Throws `VaultError.tampered`, or the store's error while the user is first loaded.
    package func openPrevious(_ reference: VaultReference) throws -> Secret? {
        let name = VaultRecordName(api: reference.api, field: reference.field)
        guard let previous = try snapshot(of: reference.user).credentials.previous[name], now() < previous.until else {
            return nil
        }
        return try Self.open(previous.entry, reference)
    }

    /// `openPrevious` for a reference in its textual form.
    package func openPrevious(_ reference: String) throws -> Secret? {
        try openPrevious(VaultReference(reference))
    }

    private static func open(_ entry: UserCredentials.Entry, _ reference: VaultReference) throws(VaultError) -> Secret {
        switch entry {
        case .tampered(let reason):
            throw VaultError(.tampered, reason)
        case .sound(let record):
            guard let secret = record.open() else {
                throw VaultError(.tampered, "The stored credential \(reference) was changed. Set it again.")
            }
            return secret
        }
    }

    /// Loads a user's keys and records, so that no later `open` touches the disk while the user stays cached.
    package func preload(user: String) throws {
        _ = try snapshot(of: user)
    }

    /// The fields stored for an API, sorted; no values are opened.
    package func fields(user: String, api: String) throws -> [String] {
        try snapshot(of: user).credentials.entries.keys.filter { $0.api == api }.map(\.field).sorted()
    }

    /// The versions of an API's credentials that are remembered, newest first in each field; no values.
    package func history(user: String, api: String) throws -> [VaultVersion] {
        let rows = try store.loadVaultHistory(user: user, api: api)
        let credentials = try snapshot(of: user).credentials
        let time = now()
        return rows.map { row in
            var version = VaultVersion(
                field: row.name.field, version: row.version, created: row.created, state: .retired, keyTerm: row.term)
            if case .sound(let record) = credentials.entries[row.name], record.row.version == row.version {
                version.state = .current
                version.keyTerm = record.envelope.term
            } else if let previous = credentials.previous[row.name], case .sound(let record) = previous.entry,
                record.row.version == row.version, time < previous.until
            {
                version.state = .overlapping(until: previous.until)
                version.keyTerm = record.envelope.term
            }
            return version
        }
    }

    /// Drops a user's keys and records from memory; for a deleted user, after the store dropped the rows.
    package func forget(user: String) {
        storage.withLock { doubtful in
            doubtful.remove(user)
            users.withLock { $0.remove(user) }
        }
    }

    /// Users in memory.
    var cachedUsers: Int { users.withLock { $0.count } }

    private func snapshot(of user: String) throws -> CredentialCache.Snapshot {
        if let cached = users.withLock({ $0.snapshot(of: user) }) { return cached }
        return try storage.withLock { _ in
            if let cached = users.withLock({ $0.snapshot(of: user) }) { return cached }
            let loaded = try readFollowing(user)
            users.withLock { $0.set(loaded) }
            return CredentialCache.Snapshot(loaded)
        }
    }

    /// Runs one change of a user's rows: `body` stores it and returns what is cached from then on. When it throws, what
    /// is cached stays. It runs again when another process has written these rows, or rotated the master key, since
    /// they were read.
    func update(_ user: String, _ body: (UserCredentials) throws -> UserCredentials) throws {
        try storage.withLock { doubtful in
            let cached = doubtful.contains(user) ? nil : users.withLock { $0.snapshot(of: user) }
            var credentials = try cached?.credentials ?? readFollowing(user)
            for attempt in 1... {
                do {
                    let next = try body(credentials)
                    users.withLock { $0.set(next) }
                    doubtful.remove(user)
                    return
                } catch {
                    doubtful.insert(user)
                    guard attempt < Self.attempts, let fresh = readIfOvertaken(credentials) else { throw error }
                    credentials = fresh
                }
            }
        }
    }

    /// Attempts of a write that other processes' writes keep overtaking.
    private static let attempts = 5

    /// What is stored now, when it is not what a write that failed began with.
    private func readIfOvertaken(_ credentials: UserCredentials) -> UserCredentials? {
        let hasCaughtUp = (try? catchUp()) == true
        guard let fresh = try? read(credentials.user), hasCaughtUp || fresh.counter != credentials.counter else {
            return nil
        }
        return fresh
    }

    /// Takes over a user's rows that another process has written; what is cached stays when they cannot be read.
    /// Returns whether the user has another key.
    func refresh(_ user: String) throws -> Bool {
        try storage.withLock { doubtful in
            guard let cached = users.withLock({ $0.peek(user) }) else { return false }
            guard let rows = try store.loadVaultRows(user: user) else {
                users.withLock { $0.remove(user) }
                return false
            }
            let fresh = try UserCredentials(user: user, rows: rows, masters: masters.withLock { $0 })
            // Rows of an earlier time that were put back are not taken over.
            guard fresh.counter > cached.credentials.counter else { return false }
            users.withLock { $0.set(fresh) }
            doubtful.remove(user)
            return fresh.currentTerm != cached.credentials.currentTerm
        }
    }

    /// The counter of a user's head as it is in memory; `nil` for one who is not.
    func cachedCounter(of user: String) -> UInt64? { users.withLock { $0.peek(user)?.credentials.counter } }

    /// Runs `body` while no user's rows are read or written.
    func exclusively<Value>(_ body: () throws -> Value) rethrows -> Value {
        try storage.withLock { _ in try body() }
    }

    /// Reads a user's rows, with the new master key when another process has rotated it.
    private func readFollowing(_ user: String) throws -> UserCredentials {
        do {
            return try read(user)
        } catch let error as VaultError {
            guard try catchUp() else { throw error }
            return try read(user)
        }
    }

    /// A user without rows gets a key that is stored with the first record.
    private func read(_ user: String) throws -> UserCredentials {
        guard let rows = try store.loadVaultRows(user: user) else { return .new(user: user) }
        return try UserCredentials(user: user, rows: rows, masters: masters.withLock { $0 })
    }
}
