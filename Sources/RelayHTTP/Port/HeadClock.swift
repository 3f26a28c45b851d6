/// Whether a request's head is under way on an HTTP/1.1 connection.
struct HeadClock {
    enum Action: Equatable {
        case nothing
        case start
        case stop
    }

    private enum State {
        /// The connection's first head: the time since the handshake counts.
        case first
        case between
        case head
        case body
    }

    private var state = State.first

    /// Whether a head has been seen whole.
    private(set) var hasSeenHead = false

    mutating func began() -> Action { .start }

    mutating func receivedBytes() -> Action {
        guard case .between = state else { return .nothing }
        state = .head
        return .start
    }

    mutating func receivedHead() -> Action {
        state = .body
        hasSeenHead = true
        return .stop
    }

    mutating func receivedEnd() -> Action {
        state = .between
        return .nothing
    }
}
