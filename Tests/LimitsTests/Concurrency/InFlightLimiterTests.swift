import Testing

@testable import Limits

@Suite("Calls in flight")
struct InFlightLimiterTests {
    private typealias Claim = InFlightLimiter.Claim

    @Test("a key has no more calls in flight than its limit, and a call that ends gives its place back")
    func perKey() {
        let limiter = InFlightLimiter()
        let claims = [Claim("a", limit: 2)]
        #expect(limiter.enter(claims) == nil)
        #expect(limiter.enter(claims) == nil)
        #expect(limiter.enter(claims) == "a")
        #expect(limiter.count(of: "a") == 2)
        limiter.leave(claims)
        #expect(limiter.enter(claims) == nil)
        for _ in 0..<2 { limiter.leave(claims) }
        #expect(limiter.count(of: "a") == 0)
        #expect(limiter.keys == 0)
    }

    @Test("what is refused under one limit takes a place under none")
    func allOrNone() {
        let limiter = InFlightLimiter()
        let claims = [Claim("all", limit: 3), Claim("user", limit: 2), Claim("api", limit: 1)]
        #expect(limiter.enter(claims) == nil)
        #expect(limiter.enter(claims) == "api")
        #expect(limiter.count(of: "all") == 1 && limiter.count(of: "user") == 1)
        let other = [Claim("all", limit: 3), Claim("user", limit: 2), Claim("other", limit: 9)]
        #expect(limiter.enter(other) == nil)
        #expect(limiter.enter(other) == "user")
        #expect(limiter.count(of: "all") == 2 && limiter.count(of: "other") == 1)
        limiter.leave(claims)
        limiter.leave(other)
        #expect(limiter.keys == 0)
    }
}
