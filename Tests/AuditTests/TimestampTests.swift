import Audit
import Testing

@Suite("times as text")
struct TimestampTests {
    @Test(
        "a time is read in UTC, at an offset, with a fraction, and as a date alone",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-24T10:43:19Z", 1_795_516_999_000_000),
            ("2026-11-24T10:43:19.5Z", 1_795_516_999_500_000), ("2026-11-24T11:43:19+01:00", 1_795_516_999_000_000),
            ("2026-11-24T05:13:19-05:30", 1_795_516_999_000_000), ("2026-11-24", 1_795_478_400_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000), ("1969-12-31T23:59:59Z", -1_000_000),
            ("2026-11-24T10:43:19.1234567Z", 1_795_516_999_123_456),
        ])
    func read(text: String, microseconds: Int64) {
        #expect(Timestamp.microseconds(text) == microseconds)
    }

    @Test("what was written is read back")
    func roundTrip() {
        for time in stride(from: Int64(-5_000_000_000_000_001), to: 5_000_000_000_000_000, by: 123_456_789_012_345) {
            #expect(Timestamp.microseconds(Timestamp.text(microseconds: time)) == time)
        }
    }

    @Test(
        "anything else is none",
        arguments: [
            "", "now", "2026", "2026-13-01", "2026-02-29", "2026-1-01", "2026-01-01T", "2026-01-01T00:00:00",
            "2026-01-01T24:00:00Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+1:00",
        ])
    func wrong(text: String) {
        #expect(Timestamp.microseconds(text) == nil)
    }
}
