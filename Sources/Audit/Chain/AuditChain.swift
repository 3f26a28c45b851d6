/// The chain's end: each record's text names its sequence number and the SHA-256 of the text before it, so that a
/// missing, changed or reordered record shows, even in an export checked with `sha256sum` alone.
package struct AuditChain: Sendable, Hashable {
    /// The last record's number; 0 when there is none.
    package var sequence: Int64
    /// The last record's hash.
    package var hash: AuditHash

    /// Where a chain can end: no relay lives to see the last of them, and one more than it is still a number.
    package static let positions: ClosedRange<Int64> = 0...(1 << 62)

    /// Before the first record.
    package static let empty = AuditChain(sequence: 0, hash: .genesis)

    package init(sequence: Int64, hash: AuditHash) {
        self.sequence = sequence
        self.hash = hash
    }

    /// Adds a record, and returns it as it has to be stored.
    package mutating func next(_ record: AuditRecord) -> AuditEntry {
        next(record, text: AuditText(record))
    }

    mutating func next(_ record: AuditRecord, text: consuming AuditText) -> AuditEntry {
        let closed = text.closed(sequence: sequence + 1, previous: hash)
        sequence += 1
        hash = AuditHash(of: closed)
        return AuditEntry(record: record, sequence: sequence, hash: hash, text: closed)
    }
}

/// A record in its place in the chain.
package struct AuditEntry: Sendable, Hashable {
    package let record: AuditRecord
    package let sequence: Int64
    /// The SHA-256 of `text`.
    package let hash: AuditHash
    /// The record as JSON, without a newline; to be stored byte for byte.
    package let text: [UInt8]
}
