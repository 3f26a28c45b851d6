import NIOCore
import ReverseHTTP
import Version

/// The connector's numbers in the Prometheus text format.
enum PrometheusText {
    static func render(sessions: [ServerSession], metrics: Metrics, audit: AuditFile?) -> String {
        var text = ""
        func family(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: String)]) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
            for sample in samples { text += "\(name)\(sample.labels) \(sample.value)\n" }
        }
        family(
            "penstock_build_info", "gauge", "The connector's version.",
            [("{component=\"connector\",version=\"\(Version.text)\"}", "1")])
        family("penstock_tunnel_sessions", "gauge", "Sessions with the relay that are up.", [("", "\(sessions.count)")])
        family(
            "penstock_tunnel_streams", "gauge", "Calls in flight.",
            [("", "\(sessions.reduce(0) { $0 + $1.streamsInFlight })")])
        let trips = sessions.compactMap(\.roundTrip)
        if let longest = trips.max() {
            family(
                "penstock_tunnel_rtt_seconds", "gauge", "The longest of the sessions' last round trips to the relay.",
                [("", "\(Double(longest.nanoseconds / 1000) / 1_000_000)")])
        }
        family(
            "penstock_tunnel_reconnects_total", "counter", "Sessions established after the first of each slot.",
            [("", "\(metrics.reconnects.value)")])
        family(
            "penstock_egress_connections", "gauge", "Connections to origins, idle ones included.",
            [("", "\(metrics.egressConnections.value)")])
        family(
            "penstock_calls_total", "counter", "Calls by how they ended.",
            Outcome.allCases.map { ("{outcome=\"\($0.rawValue)\"}", "\(metrics.calls($0))") })
        if let audit {
            family(
                "penstock_audit_accepting", "gauge", "1 while the audit file can be written, else calls are refused.",
                [("", audit.isAccepting ? "1" : "0")])
            family(
                "penstock_audit_lost_total", "counter", "Audit records that found no room while the disk was full.",
                [("", "\(audit.lostRecords)")])
        }
        return text
    }
}
