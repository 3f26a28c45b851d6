package import NIOCore

/// How a session leaves: it says so, takes what is already on its way, lets streams in flight finish within a grace,
/// then closes.
package struct Drain: Sendable {
    package enum Action: Sendable, Equatable {
        case nothing
        /// Check again then, or when the last stream has ended.
        case wait(until: NIODeadline)
        /// Send the final GOAWAY, and check again then.
        case goAway(until: NIODeadline)
        case close
    }

    private enum State {
        case active
        /// The peer was told, and may have sent requests before it knew.
        case noticed(until: NIODeadline, deadline: NIODeadline)
        case draining(deadline: NIODeadline)
        case closed
    }

    private var state = State.active

    package init() {}

    /// Whether new streams may start here.
    package var isActive: Bool {
        if case .active = state { true } else { false }
    }

    /// A grace that no call outlasts: the peer ends it, or the calls' own deadlines do.
    package static let patience = TimeAmount.hours(24)

    /// We, or the peer, want to leave; false when that was known. A shorter grace than before counts.
    package mutating func start(notice: TimeAmount, grace: TimeAmount, now: NIODeadline) -> Bool {
        switch state {
        case .active:
            state = .noticed(until: now + notice, deadline: now + grace)
            return true
        case .noticed(let until, let deadline):
            state = .noticed(until: until, deadline: min(deadline, now + grace))
        case .draining(let deadline):
            state = .draining(deadline: min(deadline, now + grace))
        case .closed:
            break
        }
        return false
    }

    /// Time has passed, or the last stream has ended; `streams` are left.
    package mutating func check(streams: Int, now: NIODeadline) -> Action {
        switch state {
        case .active, .closed:
            return .nothing
        case .noticed(let until, let deadline):
            guard now >= until else { return .wait(until: until) }
            state = .draining(deadline: deadline)
            return .goAway(until: streams == 0 ? now : deadline)
        case .draining(let deadline):
            guard streams == 0 || now >= deadline else { return .wait(until: deadline) }
            state = .closed
            return .close
        }
    }
}
