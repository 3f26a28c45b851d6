import NIOCore

/// Which deadline of a transfer counts now (S10). Takes time, has none.
struct TransferClock {
    struct Limits: Sendable {
        var total: NIODeadline
        var totalEndsAtHead = false
        var connect: TimeAmount
        var tls: TimeAmount
        var firstByte: TimeAmount?
        var idle: TimeAmount?
        var rate: EgressConfiguration.MinimumRate
    }

    private enum State {
        case connecting
        /// The TLS handshake, and before it the outbound proxy's answer.
        case securing(since: NIODeadline)
        /// Until the head; `since` is the last byte of the request.
        case waiting(since: NIODeadline)
        /// The caller brings no more of the request's body for now: only the whole has a deadline.
        case starved
        case body(Body)
        /// Nobody reads the answer's body for now.
        case paused
    }

    private struct Body {
        var last: NIODeadline
        /// The current period of the minimum rate.
        var periodStart: NIODeadline
        var periodBytes = 0
    }

    private var limits: Limits
    private let start: NIODeadline
    private var state = State.connecting
    private var hasHead = false

    init(limits: Limits, start: NIODeadline) {
        self.limits = limits
        self.start = start
    }

    /// A connection is made anew, and has so long for its TLS handshake.
    mutating func connects(tls: TimeAmount) {
        limits.tls = tls
        state = .connecting
    }

    /// TCP is up. Later calls do nothing.
    mutating func tcpConnected(now: NIODeadline) {
        if case .connecting = state { state = .securing(since: now) }
    }

    /// The connection is up, TLS included, and the request may leave.
    mutating func connected(now: NIODeadline) { state = .waiting(since: now) }

    /// A piece of the request's body has left.
    mutating func sent(now: NIODeadline) {
        if !hasHead { state = .waiting(since: now) }
    }

    /// The caller has no more of the request's body yet.
    mutating func starve() {
        if !hasHead { state = .starved }
    }

    mutating func headArrived(now: NIODeadline) {
        hasHead = true
        state = .body(Body(last: now, periodStart: now))
    }

    mutating func bodyArrived(_ bytes: Int, now: NIODeadline) {
        guard case .body(var body) = state else { return }
        body.last = now
        body.periodBytes += bytes
        state = .body(body)
    }

    mutating func pause() { state = .paused }

    mutating func resume(now: NIODeadline) {
        if case .paused = state { state = .body(Body(last: now, periodStart: now)) }
    }

    private var total: NIODeadline? { hasHead && limits.totalEndsAtHead ? nil : limits.total }

    /// When ``check(now:)`` is due; nil for never.
    var due: NIODeadline? {
        var due = total
        func consider(_ other: NIODeadline) { due = min(due ?? other, other) }
        switch state {
        case .connecting: consider(start + limits.connect)
        case .securing(let since): consider(since + limits.tls)
        case .waiting(let since): if let firstByte = limits.firstByte { consider(since + firstByte) }
        case .starved, .paused: break
        case .body(let body):
            if let idle = limits.idle { consider(body.last + idle) }
            if !limits.totalEndsAtHead { consider(body.periodStart + limits.rate.period) }
        }
        return due
    }

    /// - Returns: what the transfer fails with; nil where it goes on.
    mutating func check(now: NIODeadline) -> EgressError.Kind? {
        if let total, total <= now { return isConnecting ? .connectTimeout : .responseTimeout(.total) }
        switch state {
        case .connecting:
            return start + limits.connect <= now ? .connectTimeout : nil
        case .securing(let since):
            return since + limits.tls <= now ? .tlsFailed(.timeout) : nil
        case .waiting(let since):
            guard let firstByte = limits.firstByte, since + firstByte <= now else { return nil }
            return .responseTimeout(.firstByte)
        case .starved, .paused:
            return nil
        case .body(var body):
            if let idle = limits.idle, body.last + idle <= now { return .responseTimeout(.idle) }
            guard !limits.totalEndsAtHead, body.periodStart + limits.rate.period <= now else { return nil }
            guard body.periodBytes >= limits.rate.bytes else { return .responseTimeout(.rate) }
            body.periodStart = now
            body.periodBytes = 0
            state = .body(body)
            return nil
        }
    }

    private var isConnecting: Bool {
        switch state {
        case .connecting, .securing: true
        case .waiting, .starved, .body, .paused: false
        }
    }
}
