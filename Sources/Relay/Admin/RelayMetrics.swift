import Audit
import NIOCore
import Pipeline
import Tunnels
import Version

/// The relay's figures in the Prometheus text format. Labels never hold user data.
struct RelayMetrics: Sendable {
    let hub: TunnelHub
    let audit: AuditWriter
    let pipeline: Pipeline

    func text() -> String {
        let tunnels = hub.gauges()
        let records = audit.counts
        let calls = pipeline.counts
        var lines: [String] = []
        func family(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: String)]) {
            lines.append("# HELP \(name) \(help)")
            lines.append("# TYPE \(name) \(type)")
            for sample in samples { lines.append("\(name)\(sample.labels) \(sample.value)") }
        }
        family(
            "penstock_calls_total", "counter", "Calls answered, by route and outcome.",
            calls.map { ("{route=\"tunnel\",outcome=\"\($0.key)\"}", "\($0.value)") }.sorted { $0.0 < $1.0 })
        family("penstock_calls_in_flight", "gauge", "Calls in flight.", [("", "\(pipeline.callsInFlight)")])
        family("penstock_tunnel_sessions", "gauge", "Live tunnel sessions.", [("", "\(tunnels.sessions)")])
        family("penstock_tunnel_streams", "gauge", "Streams open on tunnels.", [("", "\(tunnels.streams)")])
        family("penstock_tunnel_waiting", "gauge", "Calls that wait for a tunnel.", [("", "\(tunnels.waiting)")])
        family(
            "penstock_tunnel_reconnects_total", "counter", "Sessions that replaced an earlier one.",
            [("", "\(tunnels.reconnects)")])
        let slowest = tunnels.roundTrips.map(\.nanoseconds).max()
        family(
            "penstock_tunnel_rtt_seconds", "gauge", "The longest round trip of a live session.",
            slowest.map { [("", "\(Double($0) / 1e9)")] } ?? [])
        family("penstock_audit_queue", "gauge", "Records waiting for a commit.", [("", "\(audit.queueDepth)")])
        family("penstock_audit_records_total", "counter", "Records made durable.", [("", "\(records.records)")])
        family("penstock_audit_commits_total", "counter", "Commits of records.", [("", "\(records.commits)")])
        family("penstock_audit_failures_total", "counter", "Commits that failed.", [("", "\(records.failures)")])
        family("penstock_build_info", "gauge", "The version.", [("{version=\"\(Version.text)\"}", "1")])
        return lines.joined(separator: "\n") + "\n"
    }
}
