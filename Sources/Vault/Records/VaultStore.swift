/// Where the vault keeps its sealed rows. A store never sees a plain value.
///
/// All methods block on the disk: call the vault's writing methods, and its first `open` for a user, away from event
/// loops. Errors are the store's own and pass through the vault unchanged.
package protocol VaultStore: Sendable {
    /// The sealed known block, or `nil` in a new store.
    func loadVaultCheck() throws -> [UInt8]?
    /// Saves the sealed known block; called once, in a store that holds no user's key.
    func saveVaultCheck(_ sealed: [UInt8]) throws
    /// Whether any user's key is stored.
    func holdsVaultKeys() throws -> Bool
    /// One user's rows as of one moment, or `nil` when the user has no key.
    func loadVaultRows(user: String) throws -> VaultRows?
    /// Applies a change whole or not at all. Throws when the stored head's counter is not `change.expectedCounter`, or
    /// when it brings a key wrapped under another master key than the one that new keys are wrapped under now.
    func commit(_ change: VaultChange) throws

    /// The versions there have been of an API's credentials, newest first in each field.
    func loadVaultHistory(user: String, api: String) throws -> [VaultHistoryRow]
    /// The users that have a key, in the order of their ids, after one.
    func vaultUsers(after user: String, limit: Int) throws -> [String]
    /// The users that have earlier values kept, in the order of their ids, after one.
    func vaultUsersKeepingPrevious(after user: String, limit: Int) throws -> [String]
    /// How far an interrupted rotation of all users' keys has come: the last user done, or `nil` when none is under way.
    func userKeyRotation() throws -> String?
    /// Notes that a rotation of all users' keys has come to `user` (`""`: it begins; `nil`: it has ended).
    func setUserKeyRotation(_ user: String?) throws
    /// The rotation of the master key that has begun and not ended.
    func masterKeyRotation() throws -> VaultMasterRotation?
    /// Begins a rotation of the master key; throws when one has begun already.
    func beginMasterKeyRotation(_ rotation: VaultMasterRotation) throws
    /// Users' keys that are wrapped under another term of the master key than `term`, those of users after `user`, in the order of
    /// users.
    func vaultKeys(notUnder term: UInt32, after user: String, limit: Int) throws -> [VaultOwnedKey]
    /// Replaces wrapped keys, those that still are what `replaced` says; others are passed over.
    func replaceVaultKeys(_ keys: [(replaced: VaultOwnedKey, sealed: [UInt8])]) throws
    /// Makes the rotation's check the vault's, and forgets the rotation. Throws while a key is under another term.
    func endMasterKeyRotation(term: UInt32) throws
    /// What is stored, counted.
    func vaultCounts() throws -> VaultCounts
    /// A number that changes when another process writes to the store, and not when this one does.
    func vaultStamp() throws -> Int64
    /// The counters of users' heads, in the order of users, after one.
    func vaultCounters(after user: String, limit: Int) throws -> [(user: String, counter: UInt64)]
}

/// A wrapped key and whose it is.
package struct VaultOwnedKey: Sendable, Hashable {
    package var user: String
    package var key: VaultKeyRow

    package init(user: String, key: VaultKeyRow) {
        self.user = user
        self.key = key
    }
}

/// A change of the master key under way.
package struct VaultMasterRotation: Sendable, Hashable {
    /// The known block, sealed under the new key.
    package var check: [UInt8]
    /// The old key, sealed under the new one: who has the new key can go on. The new one is never sealed under the
    /// old, so that a rotation away from a key that leaked helps nobody who has it.
    package var oldKey: [UInt8]

    package init(check: [UInt8], oldKey: [UInt8]) {
        self.check = check
        self.oldKey = oldKey
    }
}

/// What a vault holds, by the terms of the keys that sealed it.
package struct VaultCounts: Sendable, Hashable {
    /// Users' keys by the term of the master key that wraps them.
    package var keysByMasterTerm: [UInt32: Int]
    /// Current credentials by the term of the user's key that seals them.
    package var recordsByTerm: [UInt32: Int]
    /// Earlier values that are still usable, or not swept yet.
    package var previous: Int

    package init(keysByMasterTerm: [UInt32: Int], recordsByTerm: [UInt32: Int], previous: Int) {
        self.keysByMasterTerm = keysByMasterTerm
        self.recordsByTerm = recordsByTerm
        self.previous = previous
    }
}

/// One user's rows.
package struct VaultRows: Sendable {
    package var keys: [VaultKeyRow]
    package var records: [VaultRecordRow]
    /// The values before the current ones, kept for an overlap.
    package var previous: [VaultRecordRow]
    package var head: VaultHeadRow?

    package init(
        keys: [VaultKeyRow], records: [VaultRecordRow], previous: [VaultRecordRow] = [], head: VaultHeadRow?
    ) {
        self.keys = keys
        self.records = records
        self.previous = previous
        self.head = head
    }
}

/// A user's data key, wrapped under the master key.
package struct VaultKeyRow: Sendable, Hashable {
    package var term: UInt32
    package var sealed: [UInt8]

    package init(term: UInt32, sealed: [UInt8]) {
        self.term = term
        self.sealed = sealed
    }
}

/// One sealed credential.
package struct VaultRecordRow: Sendable, Hashable {
    package var name: VaultRecordName
    /// Rises with every write of that user's records, and is never used twice.
    package var version: UInt64
    package var sealed: [UInt8]

    package init(name: VaultRecordName, version: UInt64, sealed: [UInt8]) {
        self.name = name
        self.version = version
        self.sealed = sealed
    }
}

/// A credential's place among one user's.
package struct VaultRecordName: Sendable, Hashable {
    package var api: String
    package var field: String

    package init(api: String, field: String) {
        self.api = api
        self.field = field
    }
}

/// The user's authenticated head: a counter, and the digests of the current versions, sealed under the user's key.
package struct VaultHeadRow: Sendable, Hashable {
    package var counter: UInt64
    package var sealed: [UInt8]

    package init(counter: UInt64, sealed: [UInt8]) {
        self.counter = counter
        self.sealed = sealed
    }
}

/// A version of a credential, without its value.
package struct VaultHistoryRow: Sendable, Hashable {
    package var name: VaultRecordName
    package var version: UInt64
    /// When it was set, in microseconds since 1970; `nil` for one from before versions were kept.
    package var created: Int64?
    /// The term of the user's key that sealed it first.
    package var term: UInt32

    package init(name: VaultRecordName, version: UInt64, created: Int64?, term: UInt32) {
        self.name = name
        self.version = version
        self.created = created
        self.term = term
    }
}

/// What one write changes. It is applied in the same transaction as whatever it belongs to.
package struct VaultChange: Sendable {
    /// Versions of a credential whose history is kept; older ones are dropped.
    package static let historyLimit = 32

    package var user: String
    /// The stored head's counter before the change; 0 when there is none.
    package var expectedCounter: UInt64
    /// The term of the master key that wraps `newKeys`.
    package var masterTerm: UInt32
    package var newKeys: [VaultKeyRow]
    /// Terms of the user's keys that nothing is sealed under any longer.
    package var retiredTerms: [UInt32] = []
    package var puts: [VaultRecordRow]
    /// Fields to remove, with their earlier values and their history.
    package var deletes: [VaultRecordName]
    /// Earlier values to keep, replacing those of the same name.
    package var previousPuts: [VaultRecordRow] = []
    /// Earlier values to destroy.
    package var previousDeletes: [VaultRecordName] = []
    /// New versions, to be added to the history.
    package var history: [VaultHistoryRow] = []
    package var head: VaultHeadRow
    /// Whether this user is the next of a rotation of all users' keys.
    package var advancesRotation = false
}
