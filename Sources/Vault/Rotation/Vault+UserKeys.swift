import Crypto
import Synchronization

extension Vault {
    private static let page = 100

    /// Gives a user a new key, seals all their credentials under it and destroys the old one, in one transaction.
    ///
    /// A credential that is damaged already cannot be opened and is left as it is. Does nothing for a user without a key.
    @discardableResult
    package func rotateUserKey(_ user: String) throws -> VaultRotationReport {
        try rotateUserKey(user, advancing: false)
    }

    /// Rotates every user's key, a transaction each; goes on where an interrupted rotation ended.
    ///
    /// Calls go on meanwhile. A user whose rows cannot be read is passed over and reported; the store's errors end the
    /// rotation, and calling this again resumes it.
    package func rotateAllUserKeys() throws -> VaultRotationReport {
        var report = VaultRotationReport()
        var last: String
        if let interrupted = try store.userKeyRotation() {
            last = interrupted
        } else {
            last = ""
            try store.setUserKeyRotation(last)
        }
        while true {
            let users = try store.vaultUsers(after: last, limit: Self.page)
            guard let end = users.last else { break }
            for user in users {
                do {
                    let one = try rotateUserKey(user, advancing: true)
                    report.users += one.users
                    report.records += one.records
                    report.damaged += one.damaged
                } catch let error as VaultError {
                    if report.failures.count < VaultRotationReport.failureLimit {
                        report.failures.append(.init(user: user, reason: error.message))
                    }
                }
            }
            last = end
        }
        try store.setUserKeyRotation(nil)
        return report
    }

    private func rotateUserKey(_ user: String, advancing: Bool) throws -> VaultRotationReport {
        var report = VaultRotationReport()
        try update(user) { credentials in
            guard credentials.counter > 0 else { return credentials }
            var next = credentials
            var change = try start(changing: &next)
            let (term, overflow) = (credentials.keys.keys.max() ?? 0).addingReportingOverflow(1)
            guard !overflow else { throw VaultError(.cannotRotate, "User \(user) has used up all key terms.") }
            next.keys = [term: SymmetricKey(size: .bits256)]
            next.currentTerm = term
            for (name, entry) in credentials.entries {
                guard let moved = try Self.reseal(entry, as: name, in: next) else {
                    report.damaged += 1
                    next.entries[name] = .tampered("The stored credential \(name.api)/\(name.field) was changed.")
                    continue
                }
                next.entries[name] = .sound(moved)
                change.puts.append(moved.row)
            }
            let time = now()
            for (name, previous) in credentials.previous {
                if previous.until > time, let moved = try Self.reseal(previous.entry, as: name, in: next) {
                    next.previous[name] = UserCredentials.Previous(entry: .sound(moved), until: previous.until)
                    change.previousPuts.append(moved.row)
                } else {
                    next.previous[name] = nil
                    change.previousDeletes.append(name)
                }
            }
            change.newKeys = [try next.wrappedKey(master: masters.withLock { $0.current })]
            change.retiredTerms = Array(credentials.keys.keys)
            change.head = try next.sealedHead()
            change.advancesRotation = advancing
            report.users = 1
            report.records = change.puts.count + change.previousPuts.count
            try store.commit(change)
            return next
        }
        return report
    }

    /// The same value at the same version under the current key; `nil` when it does not open.
    private static func reseal(
        _ entry: UserCredentials.Entry, as name: VaultRecordName, in credentials: UserCredentials
    ) throws(VaultError) -> UserCredentials.Record? {
        guard case .sound(let record) = entry, let secret = record.open() else { return nil }
        return try credentials.seal(secret, as: name, version: record.row.version)
    }
}
