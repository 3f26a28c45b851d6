package import NIOCore

extension CircuitBreaker {
    /// When a breaker opens, and how it closes again.
    package struct Configuration: Sendable, Hashable {
        /// Failures in a row that open it. Default 5.
        package var consecutiveFailures = 5
        /// The part of all verdicts of the window that, being failures, opens it: 0 to 1. Default 0.5.
        package var failureRatio = 0.5
        /// Verdicts that the window must hold before the ratio counts. Default 20.
        package var minimumVolume = 20
        /// How far back the ratio looks; and how long a breaker must stay closed before its next cool-off starts again
        /// from the first. Default 30 s.
        package var window: TimeAmount = .seconds(30)
        /// How long it stays open the first time; twice as long each time that a probe fails. Default 5 s.
        package var firstCoolOff: TimeAmount = .seconds(5)
        /// The longest it stays open. Default 5 min.
        package var lastCoolOff: TimeAmount = .minutes(5)
        /// Calls let through at a time while it is half-open. Default 1.
        package var probes = 1
        /// Probes in a row that must succeed before it closes. Default 2.
        package var successesToClose = 2
        /// How long a probe may be on its way before its place is given to another. Default 60 s.
        package var probeTimeout: TimeAmount = .seconds(60)

        package static var defaults: Self { Self() }

        package init() {}
    }
}
