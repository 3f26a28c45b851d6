import Value

/// `audit reconcile`: the relay's log beside a connector's JSON lines.
package struct AuditReconciliation {
    /// What came out, in numbers.
    package struct Totals: Sendable, Hashable {
        package var relay = 0
        package var connector = 0
        package var matched = 0
        package var onlyInRelay = 0
        package var onlyInConnector = 0
        package var mismatched = 0
        /// Lines of the connector's file that are no record.
        package var unreadable = 0
    }

    private var reconciler: AuditReconciler
    private var totals = Totals()

    /// - Parameter limit: calls that may wait for their counterpart, on each side.
    package init(limit: Int = 1_000_000) {
        reconciler = AuditReconciler(limit: limit)
    }

    /// Goes through both, always on the side that is behind in time.
    ///
    /// - Parameters:
    ///   - since: the relay's records from then on, in microseconds since 1970; `until`: before then. The connector's
    ///     lines outside are passed over too.
    ///   - tunnel: only calls through this tunnel; `nil`: through any.
    ///   - nextLine: the connector's next line, without its line end; `nil` at the end of the file.
    ///   - report: called for each disagreement.
    package mutating func run(
        _ log: any AuditLog, tunnel: String? = nil, since: Int64? = nil, until: Int64? = nil,
        nextLine: () throws -> [UInt8]?, report: (AuditReconciler.Finding) throws -> Void
    ) throws -> Totals {
        let range = (since.map(Timestamp.text), until.map(Timestamp.text))
        func isInside(_ time: String) -> Bool {
            if let since = range.0, time < since { return false }
            if let until = range.1, time >= until { return false }
            return true
        }
        /// The connector's next record inside the range.
        func nextConnectorCall() throws -> AuditReconciler.Call? {
            while let line = try nextLine() {
                if line.isEmpty { continue }
                guard let call = Self.connectorCall(line) else {
                    totals.unreadable += 1
                    continue
                }
                if isInside(call.time) { return call }
            }
            return nil
        }
        var pending = try nextConnectorCall()
        try AuditWalk(log).forEach { text, _ in
            guard let call = Self.relayCall(text, tunnel: tunnel), isInside(call.time) else { return }
            while let connector = pending, connector.time <= call.time {
                try tell(addConnector(connector), report)
                pending = try nextConnectorCall()
            }
            totals.relay += 1
            try tell(reconciler.addRelay(call), report)
        }
        while let connector = pending {
            try tell(addConnector(connector), report)
            pending = try nextConnectorCall()
        }
        for finding in reconciler.finish() { try tell(finding, report) }
        totals.matched = reconciler.matched
        return totals
    }

    private mutating func addConnector(_ call: AuditReconciler.Call) -> AuditReconciler.Finding? {
        totals.connector += 1
        return reconciler.addConnector(call)
    }

    private mutating func tell(
        _ finding: AuditReconciler.Finding?, _ report: (AuditReconciler.Finding) throws -> Void
    ) throws {
        guard let finding else { return }
        switch finding {
        case .onlyInRelay: totals.onlyInRelay += 1
        case .onlyInConnector: totals.onlyInConnector += 1
        case .mismatched: totals.mismatched += 1
        }
        try report(finding)
    }

    /// One request that a connector's session took; one that found no session never reached a connector, and of a call
    /// that was sent more than once its attempts tell.
    private static func relayCall(_ text: [UInt8], tunnel: String?) -> AuditReconciler.Call? {
        guard let json = try? JSON.parse(text), json["kind"]?.string != "begin", json["route"]?.string == "tunnel",
            json["session"]?.string != nil, let id = json["request_id"]?.string, let time = json["time"]?.string,
            json["attempts"] == nil, tunnel == nil || json["tunnel_id"]?.string == tunnel
        else { return nil }
        return AuditReconciler.Call(
            requestID: id, time: time, status: json["upstream_status"]?.int, isCertain: wasAnswered(json))
    }

    /// Whether the connector answered, be it with words of its own: then it has a record. What broke on the way to it, or
    /// was given up, it may never have seen; and it answers that it is overloaded where it cannot write records.
    private static func wasAnswered(_ json: JSON) -> Bool {
        guard json["upstream_status"] == nil, let outcome = json["outcome"]?.string, outcome != "OK" else {
            return true
        }
        let stages: Set = ["connector", "dns", "tcp", "tls"]
        return outcome != "OVERLOADED" && stages.contains(json["stage"]?.string ?? "")
    }

    /// A refused or failed call has an answer of the connector's own, not the origin's; and one that failed behind the
    /// origin's head has both.
    private static func connectorCall(_ line: [UInt8]) -> AuditReconciler.Call? {
        guard let json = try? JSON.parse(line), let id = json["request_id"]?.string, let time = json["time"]?.string
        else { return nil }
        let isAnswered = json["decision"]?.string == "allowed" && json["error"] == nil
        let status = isAnswered ? json["status"]?.int : json["upstream_status"]?.int
        return AuditReconciler.Call(requestID: id, time: time, status: status)
    }
}
