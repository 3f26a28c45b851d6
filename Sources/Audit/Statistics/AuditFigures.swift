/// What records come to, added up behind the calls: by API, hour and endpoint.
package struct AuditFigures: Sendable, Hashable {
    /// One API's calls of one hour at one endpoint.
    package struct Sum: Sendable, Hashable {
        package var user: String?
        package var rollup = AuditRollup()
    }

    package private(set) var sums: [AuditRollup.Key: Sum] = [:]

    package init() {}

    package var isEmpty: Bool { sums.isEmpty }

    /// Counts a record, where it is a whole call of a known API.
    package mutating func add(_ record: AuditRecord) {
        guard let key = AuditRollup.key(of: record) else { return }
        Self.add(record, to: &sums[key, default: Sum(user: record.user)])
    }

    private static func add(_ record: AuditRecord, to sum: inout Sum) { sum.rollup.add(record) }

    /// The same by API: how often and when last each was called.
    package var usage: [String: (user: String?, usage: AuditUsage)] {
        var usage: [String: (user: String?, usage: AuditUsage)] = [:]
        for (key, sum) in sums {
            var one = usage[key.api] ?? (sum.user, AuditUsage(calls: 0, lastUsed: .min))
            one.usage.calls.add(sum.rollup.calls)
            one.usage.lastUsed = max(one.usage.lastUsed, sum.rollup.lastUsed)
            usage[key.api] = one
        }
        return usage
    }
}

/// Where figures are kept. They are derived: where they are lost, they are made again from the records, but for those of
/// records that were removed. All methods block on the disk.
package protocol AuditFigureStore: Sendable {
    /// The last record that the figures include; `.empty` before the first.
    func figuresEnd() throws -> AuditChain
    /// Where the remaining records begin.
    func auditCheckpoint() throws -> AuditCheckpoint
    /// Adds figures, up to and with the record at `end`, in one transaction.
    func add(_ figures: AuditFigures, through end: AuditChain) throws
    /// Forgets everything that can be derived again from the records behind the checkpoint.
    func clearFigures() throws
    /// Moves the checkpoint, in one transaction with what goes with the records: figures of hours before `time`
    /// (microseconds since 1970), at most `limit` of them.
    ///
    /// - Parameter removed: calls among the records removed, by API.
    /// - Returns: how many hours' figures were removed.
    func move(
        to checkpoint: AuditCheckpoint, removed: [String: Int], before time: Int64, limit: Int
    ) throws -> Int
    /// As ``AuditStatistics/summary(user:api:since:until:)``, with the last record included.
    func summary(user: String, api: String, since: Int64?, until: Int64?) throws -> (AuditSummary, AuditChain)
    /// As ``AuditStatistics/usage(user:)``, with the last record included.
    func usage(user: String?) throws -> ([String: AuditUsage], AuditChain)
    /// The calls of this UTC day, and those of them that a rate limit refused, by API, with the last record included.
    func today(of apis: [String], now: Int64) throws -> ([String: (calls: Int, limited: Int)], AuditChain)
}
