package import NIOCore

/// How long a connector waits before it dials again: full jitter between nothing and a ceiling that doubles, as in
/// "Exponential Backoff And Jitter" (AWS Architecture Blog), with what the relay asks for obeyed.
package struct BackOff: Sendable {
    package struct Configuration: Sendable {
        /// The first ceiling. Default 0.5 s.
        package var first: TimeAmount = .milliseconds(500)
        /// The last ceiling after failures. Default 30 s.
        package var last: TimeAmount = .seconds(30)
        /// The last ceiling after refusals (token, certificate, 403). Default 5 min.
        package var lastAfterRefusal: TimeAmount = .minutes(5)
        /// How long a session must live before the ceiling starts again from the first. Default 30 s.
        package var stable: TimeAmount = .seconds(30)
        /// The longest wait after a session that was drained, not lost. Default 1 s.
        package var afterDrain: TimeAmount = .seconds(1)

        package init() {}
    }

    /// How the last attempt ended.
    package enum Ending: Sendable, Equatable {
        /// Never up: DNS, TCP, TLS, a relay that is down or says 5xx or 429.
        case failed(retryAfter: TimeAmount?)
        /// The relay said that this connector is not welcome.
        case refused(retryAfter: TimeAmount?)
        /// A session was up for so long, and broke.
        case lost(after: TimeAmount)
        /// A session ended because the relay or we drained it.
        case drained
    }

    private let configuration: Configuration
    private var attempt = 0

    package init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// The wait before the next attempt.
    ///
    /// - Parameter random: gives a number in 0..<1, for the jitter.
    package mutating func wait(after ending: Ending, random: () -> Double) -> TimeAmount {
        switch ending {
        case .failed(let retryAfter):
            return next(upTo: configuration.last, atLeast: retryAfter, random: random)
        case .refused(let retryAfter):
            // A refusal does not heal by itself: never less than the first ceiling.
            return next(
                upTo: configuration.lastAfterRefusal, atLeast: retryAfter ?? configuration.first, random: random)
        case .lost(let after):
            if after >= configuration.stable { attempt = 0 }
            return next(upTo: configuration.last, atLeast: nil, random: random)
        case .drained:
            attempt = 0
            return jitter(configuration.afterDrain, random)
        }
    }

    private mutating func next(upTo last: TimeAmount, atLeast floor: TimeAmount?, random: () -> Double) -> TimeAmount {
        let doubled = configuration.first.nanoseconds.multipliedReportingOverflow(by: 1 << Int64(min(attempt, 20)))
        let ceiling = doubled.overflow ? last : min(last, .nanoseconds(doubled.partialValue))
        attempt += 1
        return (floor ?? .zero) + jitter(ceiling, random)
    }

    private func jitter(_ ceiling: TimeAmount, _ random: () -> Double) -> TimeAmount {
        .nanoseconds(Int64(Double(ceiling.nanoseconds) * min(max(random(), 0), 1)))
    }
}
