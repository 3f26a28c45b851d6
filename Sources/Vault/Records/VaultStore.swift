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
    /// Applies a change whole or not at all. Throws when the stored head's counter is not `change.expectedCounter`.
    func commit(_ change: VaultChange) throws
}

/// One user's rows.
package struct VaultRows: Sendable {
    package var keys: [VaultKeyRow]
    package var records: [VaultRecordRow]
    package var head: VaultHeadRow?

    package init(keys: [VaultKeyRow], records: [VaultRecordRow], head: VaultHeadRow?) {
        self.keys = keys
        self.records = records
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

/// What one write changes. It is applied in the same transaction as whatever it belongs to.
package struct VaultChange: Sendable {
    package var user: String
    /// The stored head's counter before the change; 0 when there is none.
    package var expectedCounter: UInt64
    package var newKeys: [VaultKeyRow]
    package var puts: [VaultRecordRow]
    package var deletes: [VaultRecordName]
    package var head: VaultHeadRow
}
