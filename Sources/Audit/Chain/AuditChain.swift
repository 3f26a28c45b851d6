/// The chain's end: each record names its sequence number and the SHA-256 of the record before it, so that a missing,
/// changed or reordered record shows, in the journal and in an exported file.
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
        var bytes = RecordWriter(record).bytes
        RecordWriter.close(&bytes, after: self)
        sequence += 1
        hash = AuditHash(of: bytes)
        return AuditEntry(record: record, sequence: sequence, hash: hash, bytes: bytes)
    }
}

/// A record in its place in the chain.
package struct AuditEntry: Sendable, Hashable {
    package let record: AuditRecord
    package let sequence: Int64
    /// The SHA-256 of `bytes`.
    package let hash: AuditHash
    /// The record as ``RecordField`` describes it.
    package let bytes: [UInt8]

    /// The record as a line of JSON, without a newline.
    package var text: [UInt8] { bytes.withUnsafeBytes { RecordText.text($0) } ?? [] }
}
