import TestSupport
import Testing

@testable import Limits

private let second: Int64 = 1_000_000
private let day: Int64 = 86_400 * second
/// A minute into some UTC day.
private let start: Int64 = 20_000 * day + 60 * second

@Suite("Rate limits")
struct RateLimiterTests {
    private func allowed(_ limiter: RateLimiter, _ limits: RateLimits, at time: Int64, tries: Int = 1) -> Int {
        (0..<tries).count { _ in limiter.take("a", limits, now: time).isAllowed }
    }

    @Test("what the minute has left is told with each call, and the next call is refused")
    func minute() {
        let limiter = RateLimiter()
        let limits = RateLimits(perMinute: 2)
        #expect(limiter.take("a", limits, now: start).minute == .init(limit: 2, remaining: 1, reset: 61))
        #expect(limiter.take("a", limits, now: start + second).minute == .init(limit: 2, remaining: 0, reset: 61))
        let third = limiter.take("a", limits, now: start + 30 * second)
        #expect(third.outcome == .refused(by: .minute, retryAfter: 31))
        #expect(third.minute == .init(limit: 2, remaining: 0, reset: 32))
        #expect(third.day == nil)
        #expect(limiter.take("a", limits, now: start + 61 * second).isAllowed)
    }

    @Test(
        "no more than the limit passes in any 60 seconds, and no burst of twice the limit at a border", arguments: 0..<8
    )
    func neverMore(seed: UInt64) {
        let limiter = RateLimiter()
        let limits = RateLimits(perMinute: 10)
        var random = SplitMix(state: seed)
        var now = start
        var passed: [Int64] = []
        for _ in 0..<4000 {
            // Bursts, with pauses around the length of the window.
            now += random.next() % 5 == 0 ? Int64(random.next() % 70_000_000) : Int64(random.next() % 2_000)
            if limiter.take("a", limits, now: now).isAllowed { passed.append(now) }
        }
        #expect(passed.count > 100)
        for index in passed.indices.dropFirst(10) {
            #expect(passed[index] - passed[index - 10] >= 60 * second)
        }
    }

    @Test("whoever waits as long as he was told is let in")
    func retryAfterIsEnough() {
        for offset in stride(from: Int64(0), to: 2 * second, by: 70_001) {
            let limiter = RateLimiter()
            let limits = RateLimits(perMinute: 3)
            #expect(allowed(limiter, limits, at: start + offset, tries: 3) == 3)
            let now = start + offset + 10 * second
            guard case .refused(.minute, let retryAfter) = limiter.take("a", limits, now: now).outcome else {
                Issue.record("not refused")
                return
            }
            #expect(retryAfter <= 51)
            #expect(limiter.take("a", limits, now: now + Int64(retryAfter) * second).isAllowed)
        }
    }

    @Test("a refused call costs nothing")
    func refusedIsFree() {
        let limiter = RateLimiter()
        let limits = RateLimits(perMinute: 1)
        #expect(allowed(limiter, limits, at: start) == 1)
        #expect(allowed(limiter, limits, at: start + 30 * second, tries: 100) == 0)
        #expect(allowed(limiter, limits, at: start + 61 * second) == 1)
    }

    @Test("the day ends at midnight UTC")
    func dayLimit() {
        let limiter = RateLimiter()
        let limits = RateLimits(perDay: 3)
        let midnight = start - 60 * second + day
        #expect(allowed(limiter, limits, at: start, tries: 5) == 3)
        let refused = limiter.take("a", limits, now: midnight - 90 * second)
        #expect(refused.outcome == .refused(by: .day, retryAfter: 90))
        #expect(refused.day == .init(limit: 3, remaining: 0, reset: 90))
        #expect(allowed(limiter, limits, at: midnight, tries: 5) == 3)
    }

    @Test("where both limits refuse, the longer wait is told, and neither counts the call")
    func both() {
        let limiter = RateLimiter()
        let limits = RateLimits(perMinute: 1, perDay: 1)
        #expect(allowed(limiter, limits, at: start) == 1)
        let refused = limiter.take("a", limits, now: start)
        #expect(refused.outcome == .refused(by: .day, retryAfter: 86_340))
        #expect(refused.minute?.remaining == 0 && refused.day?.remaining == 0)
    }

    @Test("a limit of nothing lets nothing pass and says when to ask again")
    func zero() {
        let limiter = RateLimiter()
        #expect(
            limiter.take("a", RateLimits(perMinute: 0), now: start).outcome == .refused(by: .minute, retryAfter: 60))
    }

    @Test("without limits nothing is kept")
    func unlimited() {
        let limiter = RateLimiter()
        #expect(limiter.take("a", RateLimits(), now: start) == RateDecision(outcome: .allowed))
        #expect(limiter.count == 0)
    }

    @Test("keys do not share their limits")
    func keys() {
        let limiter = RateLimiter()
        let limits = RateLimits(perMinute: 1)
        #expect(limiter.take("a", limits, now: start).isAllowed)
        #expect(limiter.take("b", limits, now: start).isAllowed)
        #expect(!limiter.take("a", limits, now: start).isAllowed)
    }

    @Test("a clock that steps back neither forgets calls nor holds the key until it has caught up")
    func clockBack() {
        let limiter = RateLimiter()
        let limits = RateLimits(perMinute: 2)
        #expect(allowed(limiter, limits, at: start, tries: 2) == 2)
        for step in [second / 2, 59 * second, 3600 * second] {
            #expect(allowed(limiter, limits, at: start - step) == 0)
        }
        let now = start - 3600 * second
        #expect(allowed(limiter, limits, at: now + 59 * second) == 0)
        #expect(allowed(limiter, limits, at: now + 61 * second) == 1)
    }

    @Test("a day begun twice counts on")
    func dayBack() {
        let limiter = RateLimiter()
        let limits = RateLimits(perDay: 2)
        let midnight = start - 60 * second + day
        #expect(allowed(limiter, limits, at: midnight) == 1)
        #expect(allowed(limiter, limits, at: midnight - 3600 * second, tries: 2) == 1)
        #expect(allowed(limiter, limits, at: midnight, tries: 3) == 2)
    }

    @Test("calls of before a restart count, in any order, those outside the windows do not")
    func restore() {
        let limiter = RateLimiter()
        let limits = RateLimits(perMinute: 5, perDay: 5)
        let times = [
            start - 10 * second, start - 40 * second, start - 55 * second, start - 70 * second, start + second,
        ]
        #expect(limiter.restore("a", callTimes: times, now: start))
        let decision = limiter.take("a", limits, now: start)
        #expect(decision.minute?.remaining == 1)
        #expect(decision.day?.remaining == 1)
    }

    @Test("T13: a full table forgets idle keys, and else refuses new ones")
    func capacity() {
        let limiter = RateLimiter(capacity: 2)
        let limits = RateLimits(perMinute: 1)
        #expect(limiter.take("a", limits, now: start).isAllowed)
        #expect(limiter.take("b", limits, now: start + 30 * second).isAllowed)
        let refused = limiter.take("c", limits, now: start + 31 * second)
        #expect(refused.outcome == .refused(by: .table, retryAfter: 1))
        #expect(refused.headerFields.map(\.name) == ["retry-after"])
        #expect(!limiter.restore("c", callTimes: [start], now: start + 31 * second))
        #expect(limiter.take("c", limits, now: start + 62 * second).isAllowed)
        #expect(limiter.count == 2)
        #expect(!limiter.take("b", limits, now: start + 62 * second).isAllowed)
        limiter.forget("b")
        #expect(limiter.count == 1)
    }

    @Test("the header fields are the draft's, and Retry-After where it is refused")
    func headers() {
        let limiter = RateLimiter()
        let limits = RateLimits(perMinute: 1, perDay: 10)
        let fields = limiter.take("a", limits, now: start).headerFields
        #expect(fields.map(\.name) == ["ratelimit-policy", "ratelimit"])
        #expect(fields.first?.value == #""minute";q=1;w=60, "day";q=10;w=86400"#)
        #expect(fields.last?.value == #""minute";r=0;t=61, "day";r=9;t=86340"#)
        let refused = limiter.take("a", limits, now: start).headerFields
        #expect(refused.last?.name == "retry-after")
        #expect(refused.last?.value == "61")
        #expect(RateDecision(outcome: .allowed).headerFields.isEmpty)
    }

    @Test("the tightest limit is the one with the fewest calls left")
    func tightest() {
        let decision = RateLimiter().take("a", RateLimits(perMinute: 9, perDay: 3), now: start)
        #expect(decision.tightest?.limit == 3)
        #expect(RateDecision(outcome: .allowed).tightest == nil)
    }

    @Test("threads that call at once get the limit between them")
    func threads() async {
        let limiter = RateLimiter()
        let limits = RateLimits(perMinute: 50)
        let passed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<50).count { _ in limiter.take("a", limits, now: start).isAllowed } }
            }
            return await group.reduce(0, +)
        }
        #expect(passed == 50)
    }
}
