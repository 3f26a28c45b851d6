/// Reading what was recorded. All methods block on the disk: call them away from event loops.
package protocol AuditLog: Sendable {
    /// One page of a user's records, newest first, in the order in which they were recorded.
    func logs(_ query: AuditQuery) throws -> AuditPage
    /// Records after `sequence` in the chain's order, at most `limit`, as `audit verify` and `audit export` walk them.
    /// The sequence number and hash are those kept beside the text.
    func records(after sequence: Int64, limit: Int) throws -> [(text: [UInt8], stored: AuditChain)]
    /// The chain's end as kept apart from the records.
    func storedChain() throws -> AuditChain
    /// Where the chain begins, older records having been removed.
    func auditCheckpoint() throws -> AuditCheckpoint
}

extension AuditLog {
    /// Nothing was removed.
    package func auditCheckpoint() throws -> AuditCheckpoint { .none }
}

/// Which records are asked for.
package struct AuditQuery: Sendable {
    /// Whose.
    package var user: String
    /// One API's, by its id; `nil`: all of that user's.
    package var api: String?
    package var endpoint: String?
    /// `OK`, a code of the error table, or ``anyFailure``.
    package var outcome: String?
    package var upstreamStatus: Int?
    package var requestID: String?
    /// Microseconds since 1970, inclusive.
    package var since: Int64?
    /// Microseconds since 1970, exclusive.
    package var until: Int64?
    package var kinds: [AuditRecord.Kind] = [.call, .end]
    /// Records a page; 1 to 1,000.
    package var limit = 100
    /// Where the page before ended.
    package var cursor: AuditCursor?

    /// The outcome that asks for all records whose own is not `OK`.
    package static let anyFailure = "error"

    package init(user: String, api: String? = nil) {
        self.user = user
        self.api = api
    }
}

/// Where a page ended: the record's time, and its place in the chain, by which the next page goes on.
package struct AuditCursor: Sendable, Hashable, CustomStringConvertible {
    package var time: Int64
    package var sequence: Int64

    package init(time: Int64, sequence: Int64) {
        self.time = time
        self.sequence = sequence
    }

    /// Reads `description`; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let time = Int64(parts[0]), let sequence = Int64(parts[1]) else { return nil }
        self.init(time: time, sequence: sequence)
    }

    package var description: String { "\(time)-\(sequence)" }
}

/// Some records, newest first.
package struct AuditPage: Sendable {
    /// The records' JSON texts.
    package var records: [[UInt8]]
    /// Where to go on; `nil` on the last page.
    package var next: AuditCursor?

    package init(records: [[UInt8]], next: AuditCursor?) {
        self.records = records
        self.next = next
    }
}
