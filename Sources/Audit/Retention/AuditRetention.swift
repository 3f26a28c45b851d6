/// Removing old records. All methods block on the disk: call them away from event loops.
///
/// A cut takes away the proof with the records: what was done to them before cannot be found any more. Therefore only
/// records that still verify are cut, and what remains verifies from the checkpoint, which names the last one's hash.
package protocol AuditRetention: Sendable {
    /// Removes the oldest segment of the journal, where all of its records are older than `time` (microseconds since
    /// 1970), leaving a checkpoint; and at most `limit` of the hours' figures that are older.
    ///
    /// Throws when the records to be removed do not verify: a fault is kept until somebody has looked at it.
    func prune(before time: Int64, limit: Int) throws -> AuditPruning
    /// Where the remaining chain begins.
    func auditCheckpoint() throws -> AuditCheckpoint
}

/// The last record that was removed.
package struct AuditCheckpoint: Sendable, Hashable {
    /// Its place in the chain; `.empty` while nothing was removed.
    package var chain: AuditChain

    /// Before any cut.
    package static let none = AuditCheckpoint(chain: .empty)

    package init(chain: AuditChain) {
        self.chain = chain
    }

    /// The record that puts a cut into the chain itself: a checkpoint moved afterwards contradicts it.
    package func record(time: Int64, requestID: String) -> AuditRecord {
        AuditRecord(
            kind: .admin, time: time, requestID: requestID, outcome: "OK", action: "audit.prune",
            target: "\(chain.sequence):\(chain.hash)")
    }
}

/// What one step of a cut did.
package struct AuditPruning: Sendable, Hashable {
    /// Records removed.
    package var removed: Int
    /// Whether nothing that is old enough is left.
    package var isDone: Bool
    package var checkpoint: AuditCheckpoint

    package init(removed: Int, isDone: Bool, checkpoint: AuditCheckpoint) {
        self.removed = removed
        self.isDone = isDone
        self.checkpoint = checkpoint
    }
}

extension AuditRetention {
    /// Hours' figures that a step removes: a transaction of a few milliseconds.
    package static var pruneStep: Int { 1000 }

    /// Removes all records older than a number of days, step by step; `pause` is called between steps.
    ///
    /// - Returns: how many were removed, and the checkpoint when there are any.
    package func prune(
        keepingDays days: Int, now: Int64, pause: () async throws -> Void
    ) async throws -> (removed: Int, checkpoint: AuditCheckpoint?) {
        let time = now - Int64(days) * 86_400_000_000
        var removed = 0
        while true {
            let step = try prune(before: time, limit: Self.pruneStep)
            removed += step.removed
            if step.isDone { return (removed, removed > 0 ? step.checkpoint : nil) }
            try await pause()
        }
    }
}
