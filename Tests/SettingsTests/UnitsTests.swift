import Settings
import Testing

@Suite("Units")
struct UnitsTests {
    @Test(
        "Durations are read",
        arguments: [
            ("0", Duration.zero), ("500ms", .milliseconds(500)), ("30s", .seconds(30)), ("5m", .seconds(300)),
            ("1h", .seconds(3600)),
            ("2d", .seconds(172_800)), ("1h30m", .seconds(5400)), ("0s", .zero), ("1s500ms", .milliseconds(1500)),
        ])
    func durations(text: String, value: Duration) {
        #expect(parseDuration(text) == value)
    }

    @Test(
        "Other texts are no durations",
        arguments: [
            "", "1", "s", "-1s", "1 s", "1.5s", "1S", "30m1h", "1s1s", "99999999999999999999s", "9223372036854775807d",
            "1x", " 1s",
        ])
    func noDurations(text: String) {
        #expect(parseDuration(text) == nil)
    }

    @Test(
        "Sizes are read",
        arguments: [
            ("0", 0), ("1000", 1000), ("64KiB", 65536), ("10MiB", 10_485_760), ("1GiB", 1 << 30), ("1TiB", 1 << 40),
            ("10MB", 10_000_000),
            ("1kB", 1000), ("2GB", 2_000_000_000), ("5B", 5), ("10 MiB", 10_485_760),
        ])
    func sizes(text: String, value: Int) {
        #expect(parseByteSize(text) == value)
    }

    @Test(
        "Other texts are no sizes",
        arguments: ["", "MiB", "-1", "1.5MiB", "1mib", "1M", "99999999TiB", "1KiB1B", "1  B"])
    func noSizes(text: String) {
        #expect(parseByteSize(text) == nil)
    }

    @Test("Durations and sizes are written as they are read")
    func formats() {
        for text in ["0", "1ms", "1500ms", "1s", "90s", "2m", "3h"] {
            #expect(parseDuration(text).map(formatDuration) == text)
        }
        for text in ["0", "1000", "64KiB", "10MiB", "3GiB", "1TiB"] {
            #expect(parseByteSize(text).map(formatByteSize) == text)
        }
    }
}
