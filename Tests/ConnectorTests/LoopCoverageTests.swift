import NIOHTTP1
import ReverseHTTP
import Testing

@testable import Connector

/// Which sessions a connector keeps, dials and closes, by the relay's event loops.
@Suite struct LoopCoverageTests {
    /// A relay with so many loops, which gives the next sessions to those named.
    private static func place(_ index: Int, of count: Int) -> PTTH.LoopPlace? { .init(count: count, index: index) }

    private static let nothing = LoopCoverage.Decision()

    @Test("a relay that does not say where sessions are gets as many as always")
    func olderRelay() {
        var coverage = LoopCoverage(connections: 2, most: 8)
        #expect(coverage.up(0, nil) == Self.nothing)
        #expect(coverage.up(1, nil) == Self.nothing)
        #expect(coverage.lost(0, wasStable: true) == .init(dialsAgain: true))
        #expect(coverage.up(0, nil) == Self.nothing)
    }

    @Test("loops that all have a session need no more of them")
    func coveredAtOnce() {
        var coverage = LoopCoverage(connections: 2, most: 8)
        #expect(coverage.up(0, Self.place(0, of: 2)) == Self.nothing)
        #expect(coverage.up(1, Self.place(1, of: 2)) == Self.nothing)
    }

    @Test("one dial follows the other until each loop has a session")
    func oneAfterTheOther() {
        var coverage = LoopCoverage(connections: 1, most: 8)
        for index in 0..<3 { #expect(coverage.up(index, Self.place(index, of: 4)) == .init(dial: index + 1)) }
        #expect(coverage.up(3, Self.place(3, of: 4)) == Self.nothing)
    }

    @Test("nothing more is dialled while one of the slots dials")
    func waitsForTheOthers() {
        var coverage = LoopCoverage(connections: 3, most: 8)
        #expect(coverage.up(0, Self.place(0, of: 2)) == Self.nothing)
        #expect(coverage.up(2, Self.place(0, of: 2)) == Self.nothing)
        #expect(coverage.failed(1) == .init(dialsAgain: true))
        #expect(coverage.up(1, Self.place(0, of: 2)) == .init(dial: 3))
    }

    @Test("a session on a loop that has one is closed, and another dialled under a number of its own")
    func extraDouble() {
        var coverage = LoopCoverage(connections: 1, most: 8)
        #expect(coverage.up(0, Self.place(0, of: 2)) == .init(dial: 1))
        #expect(coverage.up(1, Self.place(0, of: 2)) == .init(close: [1], dial: 2))
        #expect(coverage.isClosing(1) && !coverage.isClosing(0))
        #expect(coverage.up(2, Self.place(1, of: 2)) == Self.nothing)
        #expect(coverage.lost(1, wasStable: false) == .init(dialsAgain: false))
    }

    @Test("the first sessions may be the doubles: the newer one goes once the extra one covers the other loop")
    func firstDouble() {
        var coverage = LoopCoverage(connections: 2, most: 8)
        _ = coverage.up(1, Self.place(0, of: 2))
        #expect(coverage.up(0, Self.place(0, of: 2)) == .init(dial: 2))
        #expect(coverage.up(2, Self.place(1, of: 2)) == .init(close: [0]))
    }

    @Test("doubles within the number to keep stay")
    func keepsMinimum() {
        var coverage = LoopCoverage(connections: 4, most: 8)
        for index in 0..<3 { _ = coverage.up(index, Self.place(0, of: 2)) }
        #expect(coverage.up(3, Self.place(1, of: 2)) == Self.nothing)
    }

    @Test("there are never more sessions than the most, however many loops the relay has", arguments: [1, 2, 5])
    func most(most: Int) {
        var coverage = LoopCoverage(connections: 1, most: most)
        for index in 0..<most - 1 { #expect(coverage.up(index, Self.place(index, of: 64)).dial == index + 1) }
        #expect(coverage.up(most - 1, Self.place(most - 1, of: 64)) == Self.nothing)
        #expect(coverage.sessions(ofLoops: 64) == most)
    }

    @Test("dials are bounded: what is there after them is kept, until a session that was stable is lost")
    func bounded() {
        var coverage = LoopCoverage(connections: 1, most: 8)
        var next = coverage.up(0, Self.place(0, of: 3)).dial
        var dials = 0
        while let slot = next {
            dials += 1
            next = coverage.up(slot, Self.place(0, of: 3)).dial
            _ = coverage.lost(slot, wasStable: false)
        }
        #expect(dials == 3 * LoopCoverage.dialsPerLoop)
        _ = coverage.lost(0, wasStable: false)
        #expect(coverage.up(0, Self.place(0, of: 3)).dial == nil)
        _ = coverage.lost(0, wasStable: true)
        #expect(coverage.up(0, Self.place(0, of: 3)).dial == 1)
    }

    @Test("sessions that finish their calls take numbers, and their number is bounded, too")
    func closingBounded() {
        var coverage = LoopCoverage(connections: 1, most: 2)
        var next = coverage.up(0, Self.place(0, of: 2)).dial
        var slots: [Int] = []
        while let slot = next {
            slots.append(slot)
            next = coverage.up(slot, Self.place(0, of: 2)).dial
        }
        #expect(slots == [1, 2, 3])
        // One of them has ended.
        #expect(coverage.lost(2, wasStable: false) == .init(dialsAgain: false, decision: .init(dial: 2)))
    }

    @Test("extra dials that fail are given up one by one, and are bounded")
    func failing() {
        var coverage = LoopCoverage(connections: 1, most: 8)
        var next = coverage.up(0, Self.place(0, of: 2)).dial
        var dials = 0
        while let slot = next {
            dials += 1
            let ending = coverage.failed(slot)
            #expect(!ending.dialsAgain)
            next = ending.decision.dial
        }
        #expect(dials == 2 * LoopCoverage.dialsPerLoop)
    }

    @Test("when the relay goes, the slots to keep dial again, the others do not, and coverage comes back")
    func relayRestart() {
        var coverage = LoopCoverage(connections: 2, most: 8)
        _ = coverage.up(0, Self.place(0, of: 4))
        #expect(coverage.up(1, Self.place(1, of: 4)).dial == 2)
        #expect(coverage.up(2, Self.place(2, of: 4)).dial == 3)
        #expect(coverage.up(3, Self.place(3, of: 4)) == Self.nothing)
        // The first loss is answered with a dial; what that dial's slot then is, is one of those to keep.
        #expect(coverage.lost(0, wasStable: true) == .init(dialsAgain: false, decision: .init(dial: 0)))
        #expect(coverage.lost(1, wasStable: true) == .init(dialsAgain: false))
        #expect(coverage.lost(2, wasStable: true) == .init(dialsAgain: false))
        #expect(coverage.lost(3, wasStable: true) == .init(dialsAgain: true))
        #expect(coverage.failed(0) == .init(dialsAgain: true))
        #expect(coverage.up(3, Self.place(2, of: 4)) == Self.nothing)
        #expect(coverage.up(0, Self.place(0, of: 4)) == .init(dial: 1))
        #expect(coverage.up(1, Self.place(1, of: 4)) == .init(dial: 2))
        #expect(coverage.up(2, Self.place(3, of: 4)) == Self.nothing)
    }

    @Test("a relay that comes back without saying where sessions are gets the number to keep")
    func downgrade() {
        var coverage = LoopCoverage(connections: 1, most: 8)
        #expect(coverage.up(0, Self.place(0, of: 2)).dial == 1)
        _ = coverage.up(1, Self.place(1, of: 2))
        #expect(coverage.lost(0, wasStable: true) == .init(dialsAgain: false, decision: .init(dial: 0)))
        #expect(coverage.lost(1, wasStable: true) == .init(dialsAgain: false))
        #expect(coverage.failed(0) == .init(dialsAgain: true))
        #expect(coverage.up(0, nil) == Self.nothing)
    }

    @Test("what a relay says of loops that cannot be is passed over")
    func impossible() {
        for (count, index) in [("2", "2"), ("0", "0"), ("2", "-1"), ("x", "0"), ("2000", "1"), ("", "")] {
            #expect(PTTH.LoopPlace(["penstock-loops": count, "penstock-loop": index]) == nil)
        }
        #expect(PTTH.LoopPlace(["penstock-loops": "2", "penstock-loop": "1"]) == .init(count: 2, index: 1))
        #expect(PTTH.LoopPlace(["penstock-loops": "2"]) == nil)
    }
}
