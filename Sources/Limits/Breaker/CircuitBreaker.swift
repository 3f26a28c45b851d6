package import NIOCore

/// Keeps calls from an origin that fails: closed while it works, open while it does not, half-open while a few probes
/// find out. What counts as a failure is the caller's business.
///
/// Every call that was admitted ends in exactly one of ``succeeded(_:now:)``, ``failed(_:now:)`` and
/// ``abandoned(_:)``. Verdicts on calls that were admitted in an earlier state count for nothing.
package struct CircuitBreaker: Sendable {
    package enum State: String, Sendable, Hashable {
        case closed, open, halfOpen
    }

    /// A call that was let through.
    package struct Ticket: Sendable, Hashable {
        let generation: UInt64
    }

    package enum Admission: Sendable, Hashable {
        case admitted(Ticket)
        /// Try again after so long; a call then is a probe, or behind one.
        case refused(retryAfter: TimeAmount)
    }

    private enum Phase: Sendable {
        case closed(since: NIODeadline, failuresInARow: Int)
        case open(until: NIODeadline)
        case halfOpen(Probing)
    }

    private struct Probing: Sendable {
        var inFlight = 0
        var successes = 0
        /// When the places of the probes that are then on their way are given to others.
        var expiry: NIODeadline
    }

    private let configuration: Configuration
    private var phase: Phase
    /// The verdicts since the breaker closed, while it is closed.
    private var window: VerdictWindow
    /// Goes up with each change of state, so that verdicts from before it are known.
    private var generation: UInt64 = 0
    /// How often it has opened without having been well for a window since.
    private var openings = 0

    /// A closed breaker.
    package init(_ configuration: Configuration = .defaults, now: NIODeadline) {
        self.configuration = configuration
        phase = .closed(since: now, failuresInARow: 0)
        window = VerdictWindow(length: configuration.window)
    }

    package var state: State {
        switch phase {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        }
    }

    /// Judges a call that is about to be made.
    package mutating func admit(now: NIODeadline) -> Admission {
        switch phase {
        case .closed:
            return .admitted(Ticket(generation: generation))
        case .open(let until):
            guard now >= until else { return .refused(retryAfter: until - now) }
            generation += 1
            return admit(to: Probing(expiry: now + configuration.probeTimeout), now: now)
        case .halfOpen(var probing):
            if now >= probing.expiry {
                // Whoever had the places has not come back.
                generation += 1
                probing.inFlight = 0
            }
            return admit(to: probing, now: now)
        }
    }

    /// How long an open breaker stays so; nil where it would let a call through now.
    func coolOff(now: NIODeadline) -> TimeAmount? {
        guard case .open(let until) = phase, now < until else { return nil }
        return until - now
    }

    private mutating func admit(to probing: Probing, now: NIODeadline) -> Admission {
        var probing = probing
        guard probing.inFlight < max(configuration.probes, 1) else {
            return .refused(retryAfter: min(configuration.firstCoolOff, probing.expiry - now))
        }
        probing.inFlight += 1
        probing.expiry = now + configuration.probeTimeout
        phase = .halfOpen(probing)
        return .admitted(Ticket(generation: generation))
    }

    /// The call went well.
    package mutating func succeeded(_ ticket: Ticket, now: NIODeadline) {
        guard ticket.generation == generation else { return }
        switch phase {
        case .closed(let since, _):
            window.add(isFailure: false, now: now)
            phase = .closed(since: since, failuresInARow: 0)
        case .open:
            return
        case .halfOpen(var probing):
            probing.inFlight -= 1
            probing.successes += 1
            if probing.successes < configuration.successesToClose {
                phase = .halfOpen(probing)
            } else {
                generation += 1
                phase = .closed(since: now, failuresInARow: 0)
                window = VerdictWindow(length: configuration.window)
            }
        }
    }

    /// The call failed in a way that speaks against the origin.
    package mutating func failed(_ ticket: Ticket, now: NIODeadline) {
        guard ticket.generation == generation else { return }
        switch phase {
        case .closed(let since, let failuresInARow):
            window.add(isFailure: true, now: now)
            guard isTooMuch(failuresInARow + 1, now: now) else {
                phase = .closed(since: since, failuresInARow: failuresInARow + 1)
                return
            }
            if now - since >= configuration.window { openings = 0 }
            open(now: now)
        case .open:
            return
        case .halfOpen:
            open(now: now)
        }
    }

    /// The call ended without saying anything about the origin: its caller left, say.
    package mutating func abandoned(_ ticket: Ticket) {
        guard ticket.generation == generation, case .halfOpen(var probing) = phase else { return }
        probing.inFlight -= 1
        phase = .halfOpen(probing)
    }

    /// True for a breaker that a new one could replace: closed, and well for a window.
    func isPristine(now: NIODeadline) -> Bool {
        guard case .closed(let since, 0) = phase else { return false }
        return window.totals(now: now).verdicts == 0 && (openings == 0 || now - since >= configuration.window)
    }

    private func isTooMuch(_ failuresInARow: Int, now: NIODeadline) -> Bool {
        if failuresInARow >= configuration.consecutiveFailures { return true }
        let (verdicts, failures) = window.totals(now: now)
        return verdicts >= configuration.minimumVolume
            && Double(failures) >= configuration.failureRatio * Double(verdicts)
    }

    private mutating func open(now: NIODeadline) {
        let doubled = configuration.firstCoolOff.nanoseconds.multipliedReportingOverflow(by: 1 << min(openings, 20))
        let coolOff = doubled.overflow ? configuration.lastCoolOff : .nanoseconds(doubled.partialValue)
        openings += 1
        generation += 1
        phase = .open(until: now + min(coolOff, configuration.lastCoolOff))
    }
}
