import Testing

@testable import Traffic

@Suite("Calls in flight")
struct InFlightLimiterTests {
    @Test("a key has no more calls in flight than its limit, and a permit gives its place back when it goes")
    func perKey() {
        let limiter = InFlightLimiter<String>(total: 10)
        do {
            let first = limiter.enter("a", limit: 2)
            let second = limiter.enter("a", limit: 2)
            let third = limiter.enter("a", limit: 2)
            let isThirdRefused = third == nil
            #expect(isThirdRefused)
            #expect(limiter.count(of: "a") == 2)
            _ = consume first
            _ = consume second
        }
        #expect(limiter.count(of: "a") == 0)
        #expect(limiter.count == 0)
    }

    @Test("all keys together stay below the total")
    func total() {
        let limiter = InFlightLimiter<Int>(total: 2)
        let first = limiter.enter(1, limit: 5)
        let second = limiter.enter(2, limit: 5)
        let third = limiter.enter(3, limit: 5)
        let isThirdRefused = third == nil
        #expect(isThirdRefused)
        _ = consume second
        #expect(limiter.count == 1)
        let fourth = limiter.enter(3, limit: 5)
        let isFourthIn = fourth != nil
        #expect(isFourthIn)
        _ = consume first
        _ = consume fourth
        #expect(limiter.count == 0)
    }

    @Test("a call that throws gives its place back")
    func throwing() {
        struct Failed: Error {}
        let limiter = InFlightLimiter<Int>(total: 1)
        func call() throws {
            let permit = limiter.enter(1, limit: 1)
            let isIn = permit != nil
            #expect(isIn)
            throw Failed()
        }
        for _ in 0..<3 { #expect(throws: Failed.self) { try call() } }
        #expect(limiter.count == 0)
    }
}
