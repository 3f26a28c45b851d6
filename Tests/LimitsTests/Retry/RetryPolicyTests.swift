import NIOCore
import Testing

@testable import Limits

@Suite("Retries")
struct RetryPolicyTests {
    private typealias Outcome = RetryPolicy.Outcome
    private let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func next(
        _ outcome: RetryPolicy.Outcome, attempt: Int = 1, left: TimeAmount = .seconds(30), random: Double = 1,
        _ policy: RetryPolicy = RetryPolicy()
    ) -> RetryPolicy.Decision {
        policy.next(after: outcome, attempt: attempt, now: now, deadline: now + left) { random }
    }

    @Test(
        "a call is sent twice only when it provably was not processed, or is idempotent",
        arguments: [
            (Outcome.Kind.unsent, false, true), (.unsent, true, true), (.noAnswer, false, false),
            (.noAnswer, true, true), (.status(503), false, false), (.status(503), true, true),
            (.status(429), false, false), (.status(429), true, true), (.status(502), true, true),
            (.status(504), true, true), (.status(408), true, true), (.status(500), true, false),
            (.status(404), true, false), (.status(200), true, false), (.permanent, true, false),
        ])
    func kinds(kind: RetryPolicy.Outcome.Kind, isIdempotent: Bool, isRepeated: Bool) {
        let decision = next(Outcome(kind, isIdempotent: isIdempotent))
        #expect((decision != .giveUp) == isRepeated)
    }

    @Test("a body that is gone is never sent again")
    func replay() {
        #expect(next(Outcome(.unsent, isIdempotent: true, isReplayable: false)) == .giveUp)
    }

    @Test("the ceiling doubles up to the last, and the wait lies between nothing and it")
    func backOff() {
        var policy = RetryPolicy()
        policy.attempts = 100
        policy.lastCeiling = .milliseconds(300)
        let outcome = Outcome(.unsent, isIdempotent: false)
        let ceilings = [1, 2, 3, 4, 99].map { next(outcome, attempt: $0, policy) }
        #expect(ceilings == [100, 200, 300, 300, 300].map { .wait(.milliseconds($0)) })
        #expect(next(outcome, attempt: 2, random: 0, policy) == .wait(.zero))
        #expect(next(outcome, attempt: 2, random: 0.5, policy) == .wait(.milliseconds(100)))
        #expect(next(outcome, attempt: 2, random: 7, policy) == .wait(.milliseconds(200)))
    }

    @Test("attempts are counted")
    func attempts() {
        let outcome = Outcome(.unsent, isIdempotent: false)
        #expect(next(outcome, attempt: 2) != .giveUp)
        #expect(next(outcome, attempt: 3) == .giveUp)
    }

    @Test("Retry-After is obeyed, with the jitter on top")
    func retryAfter() {
        let outcome = Outcome(.status(503), isIdempotent: true, retryAfter: .seconds(2))
        #expect(next(outcome, random: 0) == .wait(.seconds(2)))
        #expect(next(outcome, random: 1) == .wait(.milliseconds(2100)))
    }

    @Test("nothing waits past the deadline, however long was asked for")
    func deadline() {
        let soon = Outcome(.unsent, isIdempotent: true)
        #expect(next(soon, left: .milliseconds(150), random: 1) == .wait(.milliseconds(100)))
        #expect(next(soon, left: .milliseconds(149), random: 1) == .giveUp)
        #expect(next(soon, left: .zero, random: 0) == .giveUp)
        #expect(next(soon, left: .seconds(-5), random: 0) == .giveUp)
        let late = Outcome(.status(429), isIdempotent: true, retryAfter: .seconds(60))
        #expect(next(late) == .giveUp)
        let hostile = Outcome(.status(429), isIdempotent: true, retryAfter: .nanoseconds(.max))
        #expect(next(hostile) == .giveUp)
        let negative = Outcome(.status(429), isIdempotent: true, retryAfter: .seconds(-9))
        #expect(next(negative, random: 0) == .wait(.zero))
    }

    @Test(
        "Retry-After is seconds or a date in any of its three forms, and bounded",
        arguments: [
            ("120", 120), ("0", 0), ("99999999999999999999", 86_400), ("", nil), ("-1", nil), ("1.5", nil), (" 1", nil),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 37), ("Sun, 06 Nov 1994 08:48:37 GMT", 0),
            ("Mon, 06 Nov 1995 08:49:37 GMT", 86_400), ("Sun, 06 Nov 1994 08:49:37 UTC", nil),
            ("Sun, 06 Foo 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 0a:49:37 GMT", nil),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 37), ("Sun Nov  6 08:49:37 1994", 37), ("Sun Nov 06 08:49:37 1994", 37),
            ("Sunday, 06-Nov-94 08:48:37 GMT", 0), ("Sunday, 06-Nov-44 08:49:37 GMT", 86_400),
            ("Sunday, 06-Nov-45 08:49:37 GMT", 0), ("Sunday, 06-Nov-1994 08:49:37 GMT", nil),
            ("Sun Nov  6 08:49:37 94", nil), ("Sun Nov  6 08:49 1994", nil), ("Nov  6 08:49:37 1994", nil),
            ("Sunday, 06 Nov 94 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 8:49:37 GMT", nil), ("GMT", nil), (" ", nil),
            ("Sun, 06 Nov 1994 08:49:37", nil), (", GMT", nil), ("Sunday, -- 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 08:49:37 GMT\u{e9}", nil), ("é", nil),
        ] as [(String, Int64?)])
    func retryAfterField(text: String, seconds: Int64?) {
        // Sun, 06 Nov 1994 08:49:00 GMT
        #expect(RetryAfter.wait(text, now: 784_111_740_000_000) == seconds.map { .seconds($0) })
    }

    @Test("dates in January, on a leap day and behind it are counted right")
    func dates() {
        let times = [
            "Thu, 01 Jan 1970 00:00:10 GMT": Int64(0), "Tue, 29 Feb 2000 00:00:10 GMT": 951_782_400,
            "Wed, 01 Mar 2000 00:00:10 GMT": 951_868_800, "Fri, 31 Dec 2027 00:00:10 GMT": 1_830_211_200,
        ]
        for (text, now) in times { #expect(RetryAfter.wait(text, now: now * 1_000_000) == .seconds(10), "\(text)") }
    }
}
