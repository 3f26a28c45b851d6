import NIOCore
import Testing

@testable import Limits

/// One test for each event in each state: closed, open, open with its cool-off over, half-open with a free place,
/// half-open without.
@Suite("Circuit breaker")
struct CircuitBreakerTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let configuration: CircuitBreaker.Configuration = {
        var configuration = CircuitBreaker.Configuration.defaults
        configuration.consecutiveFailures = 3
        return configuration
    }()

    private func ticket(_ breaker: inout CircuitBreaker, at time: NIODeadline) throws -> CircuitBreaker.Ticket {
        guard case .admitted(let ticket) = breaker.admit(now: time) else { throw Refused() }
        return ticket
    }

    private struct Refused: Error {}

    private func fail(_ breaker: inout CircuitBreaker, times: Int, at time: NIODeadline) throws {
        for _ in 0..<times { breaker.failed(try ticket(&breaker, at: time), now: time) }
    }

    private func opened() throws -> CircuitBreaker {
        var breaker = CircuitBreaker(configuration, now: start)
        try fail(&breaker, times: 3, at: start)
        return breaker
    }

    private var cooled: NIODeadline { start + .seconds(5) }

    // MARK: closed

    @Test("closed: calls are admitted")
    func closedAdmit() throws {
        var breaker = CircuitBreaker(configuration, now: start)
        for _ in 0..<100 { _ = try ticket(&breaker, at: start) }
        #expect(breaker.state == .closed)
    }

    @Test("closed: failures in a row open it, and a success between them starts the count again")
    func closedFailures() throws {
        var breaker = CircuitBreaker(configuration, now: start)
        try fail(&breaker, times: 2, at: start)
        breaker.succeeded(try ticket(&breaker, at: start), now: start)
        try fail(&breaker, times: 2, at: start)
        #expect(breaker.state == .closed)
        try fail(&breaker, times: 1, at: start)
        #expect(breaker.state == .open)
    }

    @Test("closed: a ratio of failures opens it, but only with enough verdicts in the window")
    func closedRatio() throws {
        var breaker = CircuitBreaker(configuration, now: start)
        for _ in 0..<9 {
            try fail(&breaker, times: 1, at: start)
            breaker.succeeded(try ticket(&breaker, at: start), now: start)
        }
        try fail(&breaker, times: 1, at: start)
        #expect(breaker.state == .closed, "19 verdicts")
        breaker.succeeded(try ticket(&breaker, at: start), now: start)
        #expect(breaker.state == .closed, "a success never opens it")
        var other = breaker
        try fail(&breaker, times: 1, at: start + .seconds(20))
        #expect(breaker.state == .open)
        try fail(&other, times: 1, at: start + .seconds(40))
        #expect(other.state == .closed, "the window has moved on")
    }

    @Test("closed: an abandoned call says nothing")
    func closedAbandoned() throws {
        var breaker = CircuitBreaker(configuration, now: start)
        try fail(&breaker, times: 2, at: start)
        for _ in 0..<10 { breaker.abandoned(try ticket(&breaker, at: start)) }
        #expect(breaker.state == .closed)
        try fail(&breaker, times: 1, at: start)
        #expect(breaker.state == .open)
    }

    // MARK: open

    @Test("open: calls are refused until the cool-off is over, and told how long that is")
    func openAdmit() throws {
        var breaker = try opened()
        #expect(breaker.admit(now: start + .seconds(2)) == .refused(retryAfter: .seconds(3)))
        #expect(breaker.state == .open)
        _ = try ticket(&breaker, at: cooled)
        #expect(breaker.state == .halfOpen)
    }

    @Test("open: verdicts on calls from before count for nothing")
    func openStale() throws {
        var breaker = CircuitBreaker(configuration, now: start)
        let early = try (0..<4).map { _ in try ticket(&breaker, at: start) }
        try fail(&breaker, times: 3, at: start)
        breaker.succeeded(early[0], now: start)
        breaker.failed(early[1], now: start + .seconds(4))
        breaker.abandoned(early[2])
        #expect(breaker.admit(now: start + .seconds(4)) == .refused(retryAfter: .seconds(1)))
        let probe = try ticket(&breaker, at: cooled)
        breaker.failed(early[3], now: cooled)
        #expect(breaker.state == .halfOpen)
        breaker.succeeded(probe, now: cooled)
        #expect(breaker.state == .halfOpen)
    }

    // MARK: half-open

    @Test("half-open: no more probes than allowed are on their way")
    func halfOpenAdmit() throws {
        var breaker = try opened()
        let probe = try ticket(&breaker, at: cooled)
        #expect(breaker.admit(now: cooled) == .refused(retryAfter: .seconds(5)))
        breaker.succeeded(probe, now: cooled)
        #expect(breaker.state == .halfOpen)
        _ = try ticket(&breaker, at: cooled)
    }

    @Test("half-open: enough successes close it")
    func halfOpenSuccess() throws {
        var breaker = try opened()
        for _ in 0..<2 {
            #expect(breaker.state != .closed)
            breaker.succeeded(try ticket(&breaker, at: cooled), now: cooled)
        }
        #expect(breaker.state == .closed)
        try fail(&breaker, times: 2, at: cooled)
        #expect(breaker.state == .closed)
    }

    @Test("half-open: one failure opens it for twice as long, up to the longest")
    func halfOpenFailure() throws {
        var breaker = try opened()
        var time = start
        for seconds in [5, 10, 20, 40, 80, 160, 300, 300] as [Int64] {
            #expect(breaker.admit(now: time) == .refused(retryAfter: .seconds(seconds)))
            time = time + .seconds(seconds)
            breaker.failed(try ticket(&breaker, at: time), now: time)
            #expect(breaker.state == .open)
        }
    }

    @Test("half-open: an abandoned probe gives its place back, and no verdict")
    func halfOpenAbandoned() throws {
        var breaker = try opened()
        for _ in 0..<5 { breaker.abandoned(try ticket(&breaker, at: cooled)) }
        #expect(breaker.state == .halfOpen)
    }

    @Test("half-open: a probe that never comes back loses its place, and its verdict counts no more")
    func halfOpenLost() throws {
        var breaker = try opened()
        let lost = try ticket(&breaker, at: cooled)
        #expect(breaker.admit(now: cooled + .seconds(58)) == .refused(retryAfter: .seconds(2)))
        let probe = try ticket(&breaker, at: cooled + .seconds(60))
        breaker.failed(lost, now: cooled + .seconds(60))
        breaker.abandoned(lost)
        #expect(breaker.state == .halfOpen)
        breaker.failed(probe, now: cooled + .seconds(60))
        #expect(breaker.state == .open)
    }

    @Test("half-open: several probes at a time, where it is so configured")
    func halfOpenProbes() throws {
        var configuration = configuration
        configuration.probes = 3
        configuration.successesToClose = 3
        var breaker = CircuitBreaker(configuration, now: start)
        try fail(&breaker, times: 3, at: start)
        let probes = try (0..<3).map { _ in try ticket(&breaker, at: cooled) }
        guard case .refused = breaker.admit(now: cooled) else {
            Issue.record("a fourth probe")
            return
        }
        for probe in probes { breaker.succeeded(probe, now: cooled) }
        #expect(breaker.state == .closed)
    }

    // MARK: back-off over time

    @Test("the cool-off starts again from the first only when it was closed for a window")
    func backOffMemory() throws {
        var breaker = try opened()
        for _ in 0..<2 { breaker.succeeded(try ticket(&breaker, at: cooled), now: cooled) }
        var relapsing = breaker
        try fail(&relapsing, times: 3, at: cooled + .seconds(29))
        #expect(relapsing.admit(now: cooled + .seconds(29)) == .refused(retryAfter: .seconds(10)))
        try fail(&breaker, times: 3, at: cooled + .seconds(30))
        #expect(breaker.admit(now: cooled + .seconds(30)) == .refused(retryAfter: .seconds(5)))
    }
}
