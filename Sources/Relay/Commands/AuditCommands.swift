import Audit
import StoreSQLite

/// `penstock-relay audit verify`, `audit export` and `audit reconcile`. They work beside a relay that serves.
package enum AuditCommands {
    /// Walks the journal's whole chain, from its checkpoint on.
    package static func verify(dataDirectory: String) throws -> CommandReport {
        let check = try RelayAudit.openToRead(dataDirectory).verify()
        guard check.findings.isEmpty else {
            return CommandReport(lines: check.findings.map { "\($0.fault) (\($0.segment))" }, isGood: false)
        }
        return report(check.records, first: check.end.sequence - check.records + 1)
    }

    /// Walks an exported file of JSON lines. That its first and last record are the relay's own, only the relay's
    /// journal can tell.
    package static func verify(file path: String) throws -> CommandReport {
        let lines = try LineReader(path)
        var line = try lines.next()
        let start = line.flatMap(AuditVerifier.start(ofExport:)) ?? .empty
        var verifier = AuditVerifier(after: start)
        var records: Int64 = 0
        while let text = line {
            verifier.check(text: text)
            records += 1
            line = try lines.next()
        }
        guard verifier.findings.isEmpty else {
            return CommandReport(lines: verifier.findings.map(\.description), isGood: false)
        }
        return report(records, first: start.sequence + 1)
    }

    private static func report(_ records: Int64, first: Int64) -> CommandReport {
        let beginning = first > 1 ? ", from record \(first) on" : ""
        return CommandReport(lines: ["\(records) records, chain whole\(beginning)"])
    }

    package enum Format: String, Sendable {
        case jsonl, csv
    }

    /// Microseconds since 1970 of a UTC date or an RFC 3339 time; nil for anything else.
    package static func time(_ text: String) -> Int64? { Timestamp.microseconds(text) }

    /// Hands over records, oldest first, a line at a time.
    ///
    /// - Parameters:
    ///   - since: microseconds since 1970, inclusive; `until`: exclusive.
    package static func export(
        dataDirectory: String, format: Format, since: Int64?, until: Int64?,
        write: ([UInt8]) throws -> Void
    ) throws {
        let audit = try RelayAudit.openToRead(dataDirectory)
        try AuditExport(format == .csv ? .csv : .jsonLines, since: since, until: until).run(audit, write: write)
    }

    /// Holds a connector's own audit against the relay's, by request id.
    ///
    /// - Parameter tell: called with a sentence for each call that only one has, or on which they disagree.
    package static func reconcile(
        dataDirectory: String, file: String, tunnel: String?, since: Int64?, until: Int64?,
        tell: (String) throws -> Void
    ) throws -> CommandReport {
        let lines = try LineReader(file)
        let audit = try RelayAudit.openToRead(dataDirectory)
        var reconciliation = AuditReconciliation()
        let totals = try reconciliation.run(
            audit, tunnel: tunnel, since: since, until: until, nextLine: { try lines.next() },
            report: { try tell($0.description) })
        let line =
            "relay: \(totals.relay), connector: \(totals.connector), agreed: \(totals.matched), "
            + "only in the relay: \(totals.onlyInRelay), only in the connector: \(totals.onlyInConnector), "
            + "different: \(totals.mismatched), unreadable lines: \(totals.unreadable)"
        let findings = totals.onlyInRelay + totals.onlyInConnector + totals.mismatched + totals.unreadable
        return CommandReport(lines: [line], isGood: findings == 0)
    }
}
