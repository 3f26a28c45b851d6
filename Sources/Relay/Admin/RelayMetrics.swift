import Audit
import Egress
import NIOCore
import Pipeline
import RelayHTTP
import Tunnels
import Vault
import Version

/// The relay's figures in the Prometheus text format: every ``MetricFamily``, with its samples.
struct RelayMetrics: Sendable {
    let hub: TunnelHub
    let audit: AuditWriter
    let ledger: AuditLedger
    let pipeline: Pipeline
    let egress: EgressSwitch
    let vault: Vault
    let tls: ReloadingTLSContext

    /// One line of a family.
    private struct Sample {
        let value: String
        let labels: [(name: String, value: String)]
        /// Behind the family's name, for the parts of a histogram.
        let suffix: String

        init(_ value: String, _ labels: [(name: String, value: String)] = [], suffix: String = "") {
            self.value = value
            self.labels = labels
            self.suffix = suffix
        }

        func line(_ family: MetricFamily) -> String {
            let pairs = labels.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ",")
            return "\(family.name)\(suffix)\(pairs.isEmpty ? "" : "{\(pairs)}") \(value)"
        }
    }

    func text() -> String {
        let samples = samples()
        var lines: [String] = []
        for family in MetricFamily.all {
            lines.append("# HELP \(family.name) \(family.help)")
            lines.append("# TYPE \(family.name) \(family.kind.rawValue)")
            lines += (samples[family.name] ?? []).map { $0.line(family) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func samples() -> [String: [Sample]] {
        let tunnels = hub.gauges()
        let records = audit.counts
        let figures = pipeline.figures
        let ways = egress.gauges
        let slowest = tunnels.roundTrips.map(\.nanoseconds).max()
        return [
            MetricFamily.calls.name: Self.calls(figures),
            MetricFamily.callSeconds.name: Self.durations(figures),
            MetricFamily.callsInFlight.name: [Sample("\(pipeline.callsInFlight)")],
            MetricFamily.tunnelSessions.name: [Sample("\(tunnels.sessions)")],
            MetricFamily.tunnelStreams.name: [Sample("\(tunnels.streams)")],
            MetricFamily.tunnelWaiting.name: [Sample("\(tunnels.waiting)")],
            MetricFamily.tunnelReconnects.name: [Sample("\(tunnels.reconnects)")],
            MetricFamily.tunnelRoundTrip.name: slowest.map { [Sample("\(Double($0) / 1e9)")] } ?? [],
            MetricFamily.egressConnections.name: [Sample("\(ways.connections)")],
            MetricFamily.egressTransfers.name: [Sample("\(ways.transfers)")],
            MetricFamily.auditQueue.name: [Sample("\(audit.queueDepth)")],
            MetricFamily.auditRecords.name: [Sample("\(records.records)")],
            MetricFamily.auditCommits.name: [Sample("\(records.commits)")],
            MetricFamily.auditFailures.name: [Sample("\(records.failures)")],
            MetricFamily.auditFaults.name: [Sample("\(ledger.faults.count)")],
            MetricFamily.vaultOpens.name: [Sample("\(vault.opens)")],
            MetricFamily.certificateExpiry.name: [Sample("\(tls.dates.notAfter)")],
            MetricFamily.build.name: [Sample("1", [("version", Version.text)])],
        ]
    }

    private static func calls(_ figures: CallFigures) -> [Sample] {
        figures.outcomes.map { outcome, count in
            Sample("\(count)", [("route", outcome.way.rawValue), ("outcome", outcome.code)])
        }.sorted { $0.labels.map(\.value).lexicographicallyPrecedes($1.labels.map(\.value)) }
    }

    private static func durations(_ figures: CallFigures) -> [Sample] {
        let spans = figures.spans.sorted { ($0.key.way.rawValue, $0.key.stage) < ($1.key.way.rawValue, $1.key.stage) }
        return spans.flatMap { span, durations in
            let labels = [("route", span.way.rawValue), ("stage", span.stage)]
            var total = 0
            var samples: [Sample] = []
            for (index, count) in durations.counts.enumerated() {
                total += count
                let bounds = CallFigures.Durations.bounds
                let bound = index < bounds.count ? "\(Double(bounds[index]) / 1e6)" : "+Inf"
                samples.append(Sample("\(total)", labels + [("le", bound)], suffix: "_bucket"))
            }
            samples.append(Sample("\(Double(durations.microseconds) / 1e6)", labels, suffix: "_sum"))
            samples.append(Sample("\(total)", labels, suffix: "_count"))
            return samples
        }
    }
}
