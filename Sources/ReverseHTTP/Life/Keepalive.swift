package import NIOCore

/// Decides when to PING a silent peer, and when to give it up. With the defaults a dead peer is known 8 s after
/// the last byte from it.
package struct Keepalive: Sendable {
    package struct Configuration: Sendable {
        /// Silence after which a PING goes out. Default 4 s.
        package var idle: TimeAmount = .seconds(4)
        /// How long its answer, or anything else, may take. Default 4 s.
        package var answer: TimeAmount = .seconds(4)

        package init() {}
    }

    /// What to do at a tick.
    package enum Action: Sendable, Equatable {
        /// Nothing; tick again then.
        case wait(until: NIODeadline)
        /// Send a PING with this opaque number; tick again then.
        case ping(UInt64, until: NIODeadline)
        /// The peer is gone.
        case dead
    }

    private enum State {
        case quiet
        case asked(at: NIODeadline, number: UInt64)
    }

    private let configuration: Configuration
    private var state = State.quiet
    private var lastReceived: NIODeadline
    private var number: UInt64 = 0
    /// The last measured round trip.
    package private(set) var roundTrip: TimeAmount?

    package init(_ configuration: Configuration, now: NIODeadline) {
        self.configuration = configuration
        self.lastReceived = now
    }

    /// Anything came from the peer.
    package mutating func received(now: NIODeadline) {
        lastReceived = now
    }

    /// A PING's answer came, with the number it carries.
    package mutating func answered(_ answer: UInt64, now: NIODeadline) {
        guard case .asked(let at, let asked) = state, asked == answer else { return }
        roundTrip = now - at
        state = .quiet
        lastReceived = now
    }

    package mutating func tick(now: NIODeadline) -> Action {
        switch state {
        case .quiet:
            let due = lastReceived + configuration.idle
            guard now >= due else { return .wait(until: due) }
            number += 1
            state = .asked(at: now, number: number)
            return .ping(number, until: now + configuration.answer)
        case .asked(let at, _):
            let due = max(at, lastReceived) + configuration.answer
            return now >= due ? .dead : .wait(until: due)
        }
    }
}
