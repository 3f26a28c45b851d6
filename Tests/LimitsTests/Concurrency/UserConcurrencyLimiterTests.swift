import Testing
import Limits

@Suite("Concurrent work of users")
struct UserConcurrencyLimiterTests {
    @Test("T15: one user takes some of the places and leaves the others their own")
    func fairness() {
        let limiter = UserConcurrencyLimiter(total: 5, perUser: 2)
        #expect(limiter.enter("a") && limiter.enter("a"))
        #expect(!limiter.enter("a"))
        #expect(limiter.enter("b") && limiter.enter("b") && limiter.enter("c"))
        #expect(!limiter.enter("d"))
        #expect(limiter.count == 5)
        limiter.leave("a")
        #expect(limiter.enter("d"))
        #expect(!limiter.enter("a"))
        for user in ["a", "b", "b", "c", "d"] { limiter.leave(user) }
        #expect(limiter.count == 0)
        #expect(limiter.enter("a") && limiter.enter("a") && !limiter.enter("a"))
    }
}
