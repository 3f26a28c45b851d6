import Synchronization

extension Vault {
    /// How long a rotated value stays usable unless said otherwise, in microseconds: 24 hours.
    package static let defaultOverlap: Int64 = 86_400_000_000

    /// Stores one credential, replacing what is there at once.
    package func put(_ secret: Secret, user: String, api: String, field: String) throws -> VaultReference {
        let reference = try VaultReference(user: user, api: api, field: field)
        try change(user: user, api: api, puts: [(field, secret)]) { [store] change in
            if let change { try store.commit(change) }
        }
        return reference
    }

    /// Stores a new version of one credential; the one before stays usable for a while, through `openPrevious`.
    ///
    /// - Parameter overlapUntil: microseconds since 1970; 0 ends the earlier value at once; `nil`: in 24 hours.
    package func rotate(
        _ secret: Secret, user: String, api: String, field: String, overlapUntil: Int64? = nil
    ) throws -> VaultReference {
        let reference = try VaultReference(user: user, api: api, field: field)
        let until = overlapUntil ?? now() + Self.defaultOverlap
        try change(user: user, api: api, puts: [(field, secret)], overlapUntil: until) { [store] change in
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
    /// Every write also destroys the user's earlier values whose overlap has ended.
    ///
    /// - Parameters:
    ///   - puts: fields and their new values.
    ///   - deletes: fields to remove; those not stored are passed over.
    ///   - overlapUntil: until when the values that `puts` replaces stay usable, in microseconds since 1970; `nil`, 0 or
    ///     a time gone by: no longer. A value whose own overlap still lasts ends: there is one earlier value at most.
    ///   - commit: applies the change (`nil`: there is none) together with whatever belongs to it, for example the API's
    ///     definition, in one transaction. It must block until that is durable, and must not call the vault. When it
    ///     throws, the vault is as before and the error is passed on; when it throws because another process has written
    ///     the user's credentials meanwhile, it is called again with a change of what is stored now.
    package func change(
        user: String, api: String, puts: [(field: String, secret: Secret)] = [], deletes: [String] = [],
        overlapUntil: Int64? = nil, commit: (VaultChange?) throws -> Void
    ) throws {
        for (field, _) in puts { _ = try VaultReference(user: user, api: api, field: field) }
        let time = now()
        try update(user) { credentials in
            var next = credentials
            let removed = deletes.map { VaultRecordName(api: api, field: $0) }.filter { next.entries[$0] != nil }
            guard !puts.isEmpty || !removed.isEmpty else {
                try commit(nil)
                return credentials
            }
            var change = try start(changing: &next)
            change.deletes = removed
            for name in removed {
                next.entries[name] = nil
                next.previous[name] = nil
            }
            for (field, secret) in puts {
                let name = VaultRecordName(api: api, field: field)
                if let until = overlapUntil, until > time, case .sound(let current) = next.entries[name] {
                    next.previous[name] = UserCredentials.Previous(entry: .sound(current), until: until)
                    change.previousPuts.append(current.row)
                } else if next.previous.removeValue(forKey: name) != nil {
                    change.previousDeletes.append(name)
                }
                let record = try next.seal(secret, as: name, version: next.counter)
                next.entries[name] = .sound(record)
                change.puts.append(record.row)
                change.history.append(
                    VaultHistoryRow(name: name, version: next.counter, created: time, term: next.currentTerm))
            }
            Self.dropExpired(&next, &change, at: time)
            change.head = try next.sealedHead()
            try commit(change)
            return next
        }
    }

    /// Destroys earlier values whose overlap has ended, of all users; returns how many. To be called now and then: a
    /// user's own writes do the same.
    @discardableResult
    package func destroyExpiredVersions() throws -> Int {
        let page = 100
        var destroyed = 0
        var last = ""
        while true {
            let users = try store.vaultUsersKeepingPrevious(after: last, limit: page)
            guard let end = users.last else { return destroyed }
            for user in users {
                do {
                    destroyed += try destroyExpiredVersions(of: user)
                } catch is VaultError {
                    // A damaged user's calls fail and say so; the others' values still have to go.
                    continue
                }
            }
            last = end
        }
    }

    private func destroyExpiredVersions(of user: String) throws -> Int {
        var destroyed = 0
        let time = now()
        try update(user) { credentials in
            guard credentials.previous.contains(where: { $0.value.until <= time }) else { return credentials }
            var next = credentials
            var change = try start(changing: &next)
            Self.dropExpired(&next, &change, at: time)
            destroyed = change.previousDeletes.count
            change.head = try next.sealedHead()
            try store.commit(change)
            return next
        }
        return destroyed
    }

    private static func dropExpired(_ credentials: inout UserCredentials, _ change: inout VaultChange, at time: Int64) {
        for (name, previous) in credentials.previous where previous.until <= time {
            credentials.previous[name] = nil
            change.previousDeletes.append(name)
        }
    }

    /// A change of these credentials with nothing in it but the next counter, and the key of a user who has none yet.
    func start(changing credentials: inout UserCredentials) throws(VaultError) -> VaultChange {
        let master = masters.withLock { $0.current }
        let expected = credentials.counter
        credentials.counter += 1
        return VaultChange(
            user: credentials.user, expectedCounter: expected, masterTerm: master.term,
            newKeys: expected == 0 ? [try credentials.wrappedKey(master: master)] : [], puts: [], deletes: [],
            head: VaultHeadRow(counter: credentials.counter, sealed: []))
    }
}
