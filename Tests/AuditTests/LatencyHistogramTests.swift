import Audit
import Testing

@Suite("Figures")
struct LatencyHistogramTests {
    @Test("percentiles are right to within a sixteenth, over the whole range")
    func percentiles() throws {
        for scale in [100, 10_000, 1_000_000] {
            var histogram = LatencyHistogram()
            for value in 1...1000 { histogram.add(microseconds: value * scale / 10) }
            for (fraction, exact) in [(0.5, 50 * scale), (0.95, 95 * scale), (0.99, 99 * scale)] where exact > 64 {
                let found = try #require(histogram.percentile(fraction))
                #expect(abs(found - exact) * 15 <= exact, "\(fraction) of \(scale): \(found), not \(exact)")
            }
        }
        #expect(LatencyHistogram().percentile(0.5) == nil)
    }

    @Test("what is out of range is counted at its ends, and nothing overflows")
    func extremes() {
        var histogram = LatencyHistogram()
        for value in [Int.min, -1, 0, 63, 64, .max] { histogram.add(microseconds: value) }
        #expect(histogram.total == 6)
        #expect(histogram.percentile(0) == 32)
        #expect((histogram.percentile(1) ?? 0) > 200_000_000)
    }

    @Test("a histogram is the same after storing and reading, and adds up with another")
    func stored() {
        var one = LatencyHistogram()
        for value in stride(from: 10, to: 10_000_000, by: 7919) { one.add(microseconds: value) }
        var two = LatencyHistogram(bytes: one.bytes)
        #expect(two == one)
        two.merge(one)
        #expect(two.total == 2 * one.total)
        #expect(LatencyHistogram(bytes: [1, 2]).total == 0)
        #expect(LatencyHistogram(bytes: [255, 0, 0, 0, 9]).total == 0)
    }

    @Test("a call counts once, in its hour, and made-up endpoints count together")
    func rollupKeys() {
        var call = record(1)
        call.time = 3_600_000_000 * 5 + 7
        #expect(AuditRollup.key(of: call) == .init(api: "a1", hour: 5, endpoint: "get_customer"))
        call.time = -1
        #expect(AuditRollup.key(of: call)?.hour == -1)
        call.outcome = "ENDPOINT_NOT_FOUND"
        #expect(AuditRollup.key(of: call)?.endpoint == "get_customer")
        call.upstreamStatus = nil
        #expect(AuditRollup.key(of: call)?.endpoint == "")
        call.kind = .begin
        #expect(AuditRollup.key(of: call) == nil)
        call.kind = .end
        call.apiID = nil
        #expect(AuditRollup.key(of: call) == nil)
    }

    @Test("a rollup tells success, errors by kind, mean and bytes")
    func rollup() {
        var rollup = AuditRollup()
        #expect(rollup.successRate == nil && rollup.meanMicroseconds == nil)
        rollup.add(record(1))
        var failed = record(2)
        failed.outcome = "TIMEOUT"
        failed.times = [.init("origin", microseconds: 10), .init("total", microseconds: 2980)]
        rollup.add(failed)
        failed.outcome = "RATE_LIMITED"
        failed.upstreamStatus = nil
        rollup.add(failed)
        #expect(rollup.calls == 3 && rollup.succeeded == 1 && rollup.limited == 1)
        #expect(rollup.errors == ["TIMEOUT": 1, "RATE_LIMITED": 1])
        #expect(rollup.meanMicroseconds == Double(1020 + 2980 + 2980) / 3)
        #expect(rollup.responseBytes == 255)
    }
}
