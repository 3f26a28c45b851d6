/// Holds the relay's records of tunnelled calls against a connector's own, by request id (A).
///
/// Both come in about the order of time; what has its counterpart is forgotten at once, so memory is bounded by what
/// waits for one. Beyond `limit`, the one that has waited longest is reported as having none.
package struct AuditReconciler: Sendable {
    /// One call, as one side has it.
    package struct Call: Sendable, Hashable {
        package var requestID: String
        /// RFC 3339.
        package var time: String
        /// The origin's status; `nil` when there was no answer from it.
        package var status: Int?
        /// Whether the other side has to have it too. A request that never arrived is in the relay's records alone.
        package var isCertain: Bool

        package init(requestID: String, time: String, status: Int?, isCertain: Bool = true) {
            self.requestID = requestID
            self.time = time
            self.status = status
            self.isCertain = isCertain
        }
    }

    package enum Finding: Sendable, Hashable, CustomStringConvertible {
        /// The relay sent it, as it says; the connector knows nothing of it.
        case onlyInRelay(Call)
        /// The connector carried it out; the relay knows nothing of it.
        case onlyInConnector(Call)
        /// They disagree about the origin's answer.
        case mismatched(relay: Call, connector: Call)

        package var description: String {
            switch self {
            case .onlyInRelay(let call): "\(call.requestID): only the relay has it (\(call.time))."
            case .onlyInConnector(let call): "\(call.requestID): only the connector has it (\(call.time))."
            case .mismatched(let relay, let connector):
                "\(relay.requestID): the relay has status \(Self.text(relay.status)), the connector "
                    + "\(Self.text(connector.status)) (\(relay.time))."
            }
        }

        private static func text(_ status: Int?) -> String { status.map { "\($0)" } ?? "none" }
    }

    /// Calls that both have and agree upon.
    package private(set) var matched = 0
    private var relay = Waiting()
    private var connector = Waiting()
    private let limit: Int

    /// - Parameter limit: calls that may wait for their counterpart, on each side.
    package init(limit: Int = 1_000_000) {
        self.limit = max(1, limit)
    }

    /// The relay's next call.
    package mutating func addRelay(_ call: Call) -> Finding? {
        if let other = connector.take(call.requestID) { return compare(relay: call, connector: other) }
        return relay.add(call, limit: limit).flatMap { $0.isCertain ? .onlyInRelay($0) : nil }
    }

    /// The connector's next call.
    package mutating func addConnector(_ call: Call) -> Finding? {
        if let other = relay.take(call.requestID) { return compare(relay: other, connector: call) }
        return connector.add(call, limit: limit).map(Finding.onlyInConnector)
    }

    /// Both sides are at their end: what still waits has no counterpart.
    package mutating func finish() -> [Finding] {
        defer {
            relay = Waiting()
            connector = Waiting()
        }
        return relay.all.filter(\.isCertain).map(Finding.onlyInRelay) + connector.all.map(Finding.onlyInConnector)
    }

    private mutating func compare(relay: Call, connector: Call) -> Finding? {
        // A relay that gave up waiting has no status, whatever the origin answered the connector later.
        if let status = relay.status, status != connector.status {
            return .mismatched(relay: relay, connector: connector)
        }
        matched += 1
        return nil
    }
}

/// Calls of one side that wait for the other's, oldest first.
private struct Waiting: Sendable {
    private var calls: [String: (number: Int, call: AuditReconciler.Call)] = [:]
    private var order: [(number: Int, id: String)] = []
    private var first = 0
    private var next = 0

    /// Returns the one that has no room any more.
    mutating func add(_ call: AuditReconciler.Call, limit: Int) -> AuditReconciler.Call? {
        // The same id again: an attempt that was repeated; the later one counts.
        calls[call.requestID] = (next, call)
        order.append((next, call.requestID))
        next += 1
        compact()
        guard calls.count > limit else { return nil }
        while first < order.count {
            let (number, id) = order[first]
            first += 1
            if let held = calls[id], held.number == number {
                calls[id] = nil
                return held.call
            }
        }
        return nil
    }

    mutating func take(_ id: String) -> AuditReconciler.Call? { calls.removeValue(forKey: id)?.call }

    var all: [AuditReconciler.Call] { calls.values.sorted { $0.number < $1.number }.map(\.call) }

    /// Drops places of calls that were taken, once they are most of the list.
    private mutating func compact() {
        guard order.count > 64, order.count > 2 * calls.count + 64 else { return }
        order = order[first...].filter { calls[$0.id]?.number == $0.number }
        first = 0
    }
}
