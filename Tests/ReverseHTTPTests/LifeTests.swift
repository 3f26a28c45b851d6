import NIOCore
import Testing

@testable import ReverseHTTP

private func at(_ seconds: Double) -> NIODeadline {
    .uptimeNanoseconds(UInt64(seconds * 1_000_000_000))
}

@Suite("Keepalive")
struct KeepaliveTests {
    @Test("T1: a peer silent for 4 s is asked, and after 4 s more it is dead: under 10 s in all")
    func silence() {
        var machine = Keepalive(.init(), now: at(100))
        #expect(machine.tick(now: at(103.9)) == .wait(until: at(104)))
        #expect(machine.tick(now: at(104)) == .ping(1, until: at(108)))
        #expect(machine.tick(now: at(107.9)) == .wait(until: at(108)))
        #expect(machine.tick(now: at(108)) == .dead)
    }

    @Test("anything received puts the question off, before it is asked and after")
    func receiving() {
        var machine = Keepalive(.init(), now: at(0))
        machine.received(now: at(3))
        #expect(machine.tick(now: at(4)) == .wait(until: at(7)))
        #expect(machine.tick(now: at(7)) == .ping(1, until: at(11)))
        machine.received(now: at(10))
        #expect(machine.tick(now: at(11)) == .wait(until: at(14)))
        #expect(machine.tick(now: at(14)) == .dead)
    }

    @Test("an answer closes the question and measures the round trip; another number's does not")
    func answers() {
        var machine = Keepalive(.init(), now: at(0))
        #expect(machine.tick(now: at(4)) == .ping(1, until: at(8)))
        machine.answered(7, now: at(4.1))
        #expect(machine.roundTrip == nil)
        machine.answered(1, now: at(4.25))
        #expect(machine.roundTrip == .milliseconds(250))
        #expect(machine.tick(now: at(8)) == .wait(until: at(8.25)))
        #expect(machine.tick(now: at(8.25)) == .ping(2, until: at(12.25)))
    }

    @Test("an answer to a question that was not asked is nothing")
    func unasked() {
        var machine = Keepalive(.init(), now: at(0))
        machine.answered(0, now: at(1))
        #expect(machine.roundTrip == nil)
    }
}

@Suite("Back-off")
struct BackOffTests {
    private func ceiling(_ machine: inout BackOff, _ ending: BackOff.Ending) -> TimeAmount {
        machine.wait(after: ending) { 1 }
    }

    @Test("ceilings double from 0.5 s to 30 s, and jitter is full: anything from nothing to the ceiling")
    func doubling() {
        var machine = BackOff()
        let ceilings = (0..<9).map { _ in ceiling(&machine, .failed(retryAfter: nil)) }
        #expect(
            ceilings
                == [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000].map { TimeAmount.milliseconds($0) })
        #expect(machine.wait(after: .failed(retryAfter: nil)) { 0 } == .zero)
        #expect(machine.wait(after: .failed(retryAfter: nil)) { 0.5 } == .seconds(15))
    }

    @Test("what the relay asks for in Retry-After is the least, with jitter on top")
    func retryAfter() {
        var machine = BackOff()
        #expect(machine.wait(after: .failed(retryAfter: .seconds(7))) { 0 } == .seconds(7))
        #expect(machine.wait(after: .failed(retryAfter: .seconds(7))) { 1 } == .seconds(8))
    }

    @Test("a refusal backs off to 5 min and never hammers")
    func refusal() {
        var machine = BackOff()
        #expect(machine.wait(after: .refused(retryAfter: nil)) { 0 } == .milliseconds(500))
        for _ in 0..<20 { _ = ceiling(&machine, .refused(retryAfter: nil)) }
        let longest = ceiling(&machine, .refused(retryAfter: nil))
        #expect(longest == .minutes(5) + .milliseconds(500))
    }

    @Test("only a session of 30 s starts the ceilings again")
    func stability() {
        var machine = BackOff()
        for _ in 0..<4 { _ = ceiling(&machine, .failed(retryAfter: nil)) }
        #expect(ceiling(&machine, .lost(after: .seconds(29))) == .seconds(8))
        #expect(ceiling(&machine, .lost(after: .seconds(30))) == .milliseconds(500))
    }

    @Test("a drained session is no failure: the next dial comes within a second")
    func drained() {
        var machine = BackOff()
        for _ in 0..<4 { _ = ceiling(&machine, .failed(retryAfter: nil)) }
        #expect(ceiling(&machine, .drained) == .seconds(1))
        #expect(ceiling(&machine, .failed(retryAfter: nil)) == .milliseconds(500))
    }

    @Test("a thousand attempts neither overflow nor pass the last ceiling")
    func noOverflow() {
        var machine = BackOff()
        for _ in 0..<1000 { #expect(ceiling(&machine, .failed(retryAfter: nil)) <= .seconds(30)) }
    }
}

@Suite("Drain")
struct DrainTests {
    @Test("an active session has nothing to check")
    func active() {
        var machine = Drain()
        #expect(machine.isActive)
        #expect(machine.check(streams: 0, now: at(0)) == .nothing)
    }

    @Test("notice, GOAWAY, and close when the last stream has ended")
    func orderly() {
        var machine = Drain()
        let starts = (0..<2).map { _ in machine.start(notice: .seconds(1), grace: .seconds(30), now: at(0)) }
        #expect(starts == [true, false])
        #expect(!machine.isActive)
        #expect(machine.check(streams: 0, now: at(0.5)) == .wait(until: at(1)))
        #expect(machine.check(streams: 2, now: at(1)) == .goAway(until: at(30)))
        #expect(machine.check(streams: 1, now: at(5)) == .wait(until: at(30)))
        #expect(machine.check(streams: 0, now: at(6)) == .close)
        #expect(machine.check(streams: 0, now: at(6)) == .nothing)
    }

    @Test("who leaves again with less patience, leaves by then, and never later than was said first")
    func shorterGrace() {
        var machine = Drain()
        var starts = [machine.start(notice: .seconds(1), grace: Drain.patience, now: at(0))]
        starts.append(machine.start(notice: .seconds(1), grace: .seconds(60), now: at(0)))
        #expect(machine.check(streams: 1, now: at(1)) == .goAway(until: at(60)))
        starts.append(machine.start(notice: .seconds(1), grace: .seconds(30), now: at(2)))
        #expect(machine.check(streams: 1, now: at(3)) == .wait(until: at(32)))
        starts.append(machine.start(notice: .seconds(1), grace: .seconds(300), now: at(3)))
        #expect(machine.check(streams: 1, now: at(32)) == .close)
        #expect(starts == [true, false, false, false])
    }

    @Test("streams that outlast the grace do not hold the connection")
    func overdue() {
        var machine = Drain()
        _ = machine.start(notice: .zero, grace: .seconds(30), now: at(0))
        #expect(machine.check(streams: 3, now: at(0)) == .goAway(until: at(30)))
        #expect(machine.check(streams: 3, now: at(30)) == .close)
    }
}

@Suite("Budgets and windows")
struct BudgetTests {
    @Test(
        "T8: a bucket gives its burst, then its rate, and never more than its burst",
        arguments: AbuseBudget.Kind.allCases)
    func bucket(kind: AbuseBudget.Kind) {
        let configuration = AbuseBudget.Configuration()
        let bucket = configuration[kind]
        var budget = AbuseBudget(configuration, now: at(0))
        let granted = (0..<bucket.burst).filter { _ in budget.spend(kind, now: at(0)) }.count
        #expect(granted == bucket.burst)
        let moments = [0, 0.5 / Double(bucket.perSecond), 1]
        #expect(moments.map { budget.spend(kind, now: at($0)) } == [false, false, true])
        for _ in 0..<bucket.burst { _ = budget.spend(kind, now: at(1)) }
        let spent = (0..<(2 * bucket.burst)).filter { _ in budget.spend(kind, now: at(10_000)) }.count
        #expect(spent == bucket.burst)
    }

    @Test("T8: many small steps of time give no more tokens than one large one")
    func fractions() {
        let configuration = AbuseBudget.Configuration()
        var budget = AbuseBudget(configuration, now: at(0))
        for _ in 0..<configuration.ping.burst { _ = budget.spend(.ping, now: at(0)) }
        let granted = (1...1000).filter { budget.spend(.ping, now: at(Double($0) / 1000)) }.count
        #expect(granted == configuration.ping.perSecond)
    }

    @Test("a window doubles when a whole one was read, up to 4 MiB, and not while the reader lags")
    func growth() {
        var flow = StreamFlow(window: 256 << 10)
        flow.received(256 << 10, at: 1)
        #expect(flow.grow() == nil)
        #expect(flow.consumed(256 << 10, at: 2) == 256 << 10)
        #expect(flow.grow() == 512 << 10)
        #expect(flow.grow() == nil)
        for _ in 0..<10 {
            flow.received(4 << 20, at: 3)
            _ = flow.consumed(4 << 20, at: 4)
            _ = flow.grow()
        }
        #expect(flow.window == 4 << 20)
    }

    @Test("credit is never returned twice")
    func credit() {
        var flow = StreamFlow(window: 256 << 10)
        flow.received(100, at: 1)
        #expect(flow.consumed(70, at: 2) == 70)
        #expect(flow.consumed(70, at: 3) == 30)
        #expect(flow.consumed(70, at: 4) == 0)
    }
}
