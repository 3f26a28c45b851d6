import Value

/// Everything recorded, from the oldest on, a page in memory at a time.
package struct AuditWalk {
    private let log: any AuditLog
    private let page: Int

    package init(_ log: any AuditLog, page: Int = 1000) {
        self.log = log
        self.page = max(1, page)
    }

    /// Hands over each record's text with what is kept beside it, oldest first, up to `last`.
    package func forEach(
        through last: Int64 = .max, _ body: (_ text: [UInt8], _ stored: AuditChain) throws -> Void
    ) throws {
        var sequence: Int64 = 0
        while sequence < last {
            let records = try log.records(after: sequence, limit: page)
            for record in records where record.stored.sequence <= last {
                try body(record.text, record.stored)
            }
            guard let end = records.last else { return }
            sequence = end.stored.sequence
        }
    }

    /// Verifies the whole chain from its checkpoint to its end as of now.
    ///
    /// - Parameter reverify: called with what was found, when a cut may have moved the beginning meanwhile: nothing.
    package func verify(limit: Int = 1000) throws -> (records: Int64, verifier: AuditVerifier) {
        // The end first: records appended while we walk are not missing.
        let head = try log.storedChain()
        while true {
            let start = try log.auditCheckpoint()
            var verifier = AuditVerifier(after: start.chain, limit: limit)
            try forEach(through: head.sequence) { text, stored in verifier.check(text: text, stored: stored) }
            verifier.finish(head: head)
            // A cut while we walked took records away that we still expected.
            guard try verifier.findings.isEmpty || log.auditCheckpoint() == start else { continue }
            return (head.sequence - start.chain.sequence, verifier)
        }
    }
}
