import Audit
import NIOCore
import Testing

@testable import Pipeline

@Suite("The time of a call's stages")
struct StageClockTests {
    private func at(_ microseconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(5_000_000_000) + .microseconds(microseconds)
    }

    private func times(_ clock: inout StageClock, _ now: NIODeadline) -> [String] {
        clock.times(now).map { "\($0.stage) \($0.microseconds)" }
    }

    @Test("each stage has its own time, and one that is entered again adds up")
    func stages() {
        var clock = StageClock(at(0))
        clock.enter(.credential, at(10))
        clock.enter(.origin, at(15))
        clock.enter(.answer, at(115))
        // Sent again.
        clock.enter(.credential, at(120))
        clock.enter(.origin, at(121))
        clock.enter(.answer, at(150))
        #expect(clock.total(at(160)) == 160)
        #expect(times(&clock, at(160)) == ["policy 10", "credential 6", "origin 129", "answer 15", "total 160"])
    }

    @Test("a call that ends early has the stages that it came to")
    func early() {
        var clock = StageClock(at(0))
        #expect(times(&clock, at(3)) == ["policy 3", "total 3"])
        // A streamed answer's end is later than its beginning.
        #expect(times(&clock, at(7)) == ["policy 7", "total 7"])
    }
}
