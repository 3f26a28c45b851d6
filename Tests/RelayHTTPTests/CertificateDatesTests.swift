import Testing

@testable import RelayHTTP

@Suite struct CertificateDatesTests {
    private let dates = CertificateDates(notBefore: 1_000_000_000, notAfter: 1_100_000_000)
    private let day: Int64 = 86_400

    @Test("a certificate is expired, not yet valid, or about to expire 14 days before its end")
    func states() {
        #expect(dates.state(now: 1_000_000_000) == .valid)
        #expect(dates.state(now: 999_999_999) == .notYetValid)
        #expect(dates.state(now: 1_100_000_000 - 14 * day) == .valid)
        #expect(dates.state(now: 1_100_000_000 - 14 * day + 1) == .expiring)
        #expect(dates.state(now: 1_100_000_000) == .expiring)
        #expect(dates.state(now: 1_100_000_001) == .expired)
    }

    @Test("each is one sentence with its date")
    func sentences() {
        #expect(dates.notice(now: 1_000_000_001) == nil)
        #expect(
            dates.notice(now: 1_100_000_000 - 2 * day)
                == "it expires at 2004-11-09T11:33:20Z, in 2 days; renew it")
        #expect(dates.notice(now: 1_100_000_001)?.contains("expired at 2004-11-09T11:33:20Z") == true)
        #expect(dates.notice(now: 1)?.contains("not valid before 2001-09-09T01:46:40Z") == true)
    }
}
