/// One family of the relay's metrics: the list of all, which `/metrics` prints in this order and tests hold against a
/// scrape. Labels never hold user data.
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    package let name: String
    package let kind: Kind
    package let help: String
    /// The names of its labels; a histogram's `le` comes on top.
    package let labels: [String]

    init(_ name: String, _ kind: Kind, _ help: String, labels: [String] = []) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
    }

    static let calls = MetricFamily(
        "penstock_calls_total", .counter, "Calls ended, by route and outcome.", labels: ["route", "outcome"])
    static let callSeconds = MetricFamily(
        "penstock_call_seconds", .histogram, "Duration of calls, by route and stage.", labels: ["route", "stage"])
    static let callsInFlight = MetricFamily("penstock_calls_in_flight", .gauge, "Calls in flight.")
    static let tunnelSessions = MetricFamily("penstock_tunnel_sessions", .gauge, "Live tunnel sessions.")
    static let tunnelStreams = MetricFamily("penstock_tunnel_streams", .gauge, "Streams open on tunnels.")
    static let tunnelWaiting = MetricFamily("penstock_tunnel_waiting", .gauge, "Calls that wait for a tunnel.")
    static let tunnelReconnects = MetricFamily(
        "penstock_tunnel_reconnects_total", .counter, "Sessions opened for a tunnel that had another, or lately had.")
    static let tunnelRoundTrip = MetricFamily(
        "penstock_tunnel_rtt_seconds", .gauge, "The longest round trip of a live session.")
    static let egressConnections = MetricFamily(
        "penstock_egress_connections", .gauge, "Connections open to APIs that are called directly.")
    static let egressTransfers = MetricFamily(
        "penstock_egress_transfers", .gauge, "Requests under way to APIs that are called directly.")
    static let auditQueue = MetricFamily("penstock_audit_queue", .gauge, "Records waiting for a commit.")
    static let auditRecords = MetricFamily("penstock_audit_records_total", .counter, "Records made durable.")
    static let auditCommits = MetricFamily("penstock_audit_commits_total", .counter, "Commits of records.")
    static let auditFailures = MetricFamily("penstock_audit_failures_total", .counter, "Commits that failed.")
    static let auditFaults = MetricFamily(
        "penstock_audit_faults", .gauge, "Segments of the audit that did not verify when they were last read.")
    static let vaultOpens = MetricFamily("penstock_vault_opens_total", .counter, "Credentials opened.")
    static let certificateExpiry = MetricFamily(
        "penstock_certificate_expiry_seconds", .gauge,
        "When the certificate of the public port expires, in seconds since 1970.")
    static let build = MetricFamily("penstock_build_info", .gauge, "The version.", labels: ["version"])

    package static let all = [
        calls, callSeconds, callsInFlight, tunnelSessions, tunnelStreams, tunnelWaiting, tunnelReconnects,
        tunnelRoundTrip, egressConnections, egressTransfers, auditQueue, auditRecords, auditCommits, auditFailures,
        auditFaults,
        vaultOpens, certificateExpiry, build,
    ]
}
