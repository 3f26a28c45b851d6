import Audit
import StoreSQLite

/// `penstock-relay audit verify` and `audit export`.
package enum AuditCommands {
    private static let page = 1000

    /// Walks the whole chain; returns how many records it has and what is wrong with it.
    package static func verify(dataDirectory: String) throws -> (records: Int64, findings: [String]) {
        let store = try open(dataDirectory)
        var verifier = AuditVerifier()
        // The head first: records appended while we walk are not missing.
        let head = try store.storedChain()
        var sequence: Int64 = 0
        while sequence < head.sequence {
            let records = try store.records(after: sequence, limit: page)
            guard let last = records.last else { break }
            for record in records where record.stored.sequence <= head.sequence {
                verifier.check(text: record.text, stored: record.stored)
            }
            sequence = last.stored.sequence
        }
        verifier.finish(head: head)
        return (head.sequence, verifier.findings.map(\.description))
    }

    /// Hands over every record as one line of JSON, oldest first.
    package static func export(dataDirectory: String, write: ([UInt8]) throws -> Void) throws {
        let store = try open(dataDirectory)
        var sequence: Int64 = 0
        while true {
            let records = try store.records(after: sequence, limit: page)
            guard let last = records.last else { return }
            for record in records { try write(record.text + [UInt8(ascii: "\n")]) }
            sequence = last.stored.sequence
        }
    }

    private static func open(_ dataDirectory: String) throws -> SQLiteStore {
        let path = RelayStorage.database(in: dataDirectory)
        guard fileExists(path) else { throw RelayError("There is no relay in \(dataDirectory).") }
        return try SQLiteStore(path: path)
    }
}
