import EgressPolicy
import NIOCore
import Testing

@testable import Dialling

@Suite struct AddressRaceTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test("the next address is tried 250 ms after the last, though that is still silent")
    func stagger() {
        var race = AddressRace(["a", "b", "c"], now: start)
        #expect(race.next(now: start) == "a")
        #expect(race.next(now: start) == nil)
        #expect(race.due == start + .milliseconds(250))
        #expect(race.next(now: start + .milliseconds(249)) == nil)
        #expect(race.next(now: start + .milliseconds(250)) == "b")
        #expect(race.due == start + .milliseconds(500))
        #expect(race.next(now: start + .milliseconds(500)) == "c")
        #expect(race.due == nil && !race.isLost)
    }

    @Test("an attempt that fails lets the next begin at once, and the race is lost with the last")
    func failures() {
        var race = AddressRace(["a", "b"], now: start)
        #expect(race.next(now: start) == "a")
        race.failed(now: start + .milliseconds(1))
        #expect(race.due == start + .milliseconds(1) && !race.isLost)
        #expect(race.next(now: start + .milliseconds(1)) == "b")
        #expect(race.due == nil && !race.isLost)
        race.failed(now: start + .milliseconds(2))
        #expect(race.isLost && race.next(now: start + .seconds(9)) == nil)
    }

    @Test func aRaceOfNobodyIsLost() {
        var race = AddressRace([String](), now: start)
        #expect(race.isLost && race.due == nil && race.next(now: start) == nil)
    }
}

@Suite struct SilentAddressesTests {
    private let now = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let a = IPAddress.v4(1)
    private let b = IPAddress.v4(2)
    private let c = IPAddress.v6(3 << 96)

    @Test("an address that was silent is tried last for a minute, and on its own port only")
    func memory() {
        let silent = SilentAddresses()
        silent.insert(a, port: 443, now: now)
        #expect(silent.order([a, b], port: 443, now: now) == [b, a])
        #expect(silent.order([a, b], port: 80, now: now) == [a, b])
        #expect(silent.order([a, b], port: 443, now: now + .seconds(59)) == [b, a])
        #expect(silent.order([a, b], port: 443, now: now + .seconds(60)) == [a, b])
        silent.insert(b, port: 443, now: now)
        silent.remove(b, port: 443)
        #expect(silent.order([b, a], port: 443, now: now) == [b, a])
    }

    @Test("The families take turns, beginning with that of the first")
    func families() {
        let silent = SilentAddresses()
        #expect(silent.order([a, b, c], port: 443, now: now) == [a, c, b])
        #expect(silent.order([c, a, b], port: 443, now: now) == [c, a, b])
    }

    @Test("T13: what is remembered is bounded")
    func bounded() {
        let silent = SilentAddresses()
        for address in 0..<5000 { silent.insert(.v4(UInt32(address)), port: 443, now: now) }
        #expect(silent.order([.v4(4999), .v4(6000)], port: 443, now: now) == [.v4(4999), .v4(6000)])
        silent.insert(.v4(4999), port: 443, now: now + .seconds(60))
        #expect(silent.order([.v4(4999), .v4(6000)], port: 443, now: now + .seconds(60)) == [.v4(6000), .v4(4999)])
    }
}
