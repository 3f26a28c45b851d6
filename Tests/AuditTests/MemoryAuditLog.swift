import Audit

/// A log in memory that hands out short pages.
struct MemoryAuditLog: AuditLog {
    var entries: [AuditEntry]
    var checkpoint = AuditCheckpoint.none

    func logs(_ query: AuditQuery) throws -> AuditPage { AuditPage(records: entries.map(\.text), next: nil) }

    func records(after sequence: Int64, limit: Int) throws -> [(text: [UInt8], stored: AuditChain)] {
        entries.filter { $0.sequence > sequence }.prefix(min(limit, 3))
            .map { ($0.text, AuditChain(sequence: $0.sequence, hash: $0.hash)) }
    }

    func storedChain() throws -> AuditChain {
        entries.last.map { AuditChain(sequence: $0.sequence, hash: $0.hash) } ?? checkpoint.chain
    }

    func auditCheckpoint() throws -> AuditCheckpoint { checkpoint }
}
