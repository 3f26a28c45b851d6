import Registry
import Testing
import Value

@testable import Drift

@Suite("When a change is proposed")
struct DriftWatchTests {
    private let first = DriftProposal.Base(etag: "\"a1-1\"", digest: [1])
    private let second = DriftProposal.Base(etag: "\"a1-2\"", digest: [2])
    private let odd = Deviation.Kind(schema: "/s/type", keyword: "type", path: "/a", found: "null")
    private let other = Deviation.Kind(schema: "/s/type", keyword: "type", path: "/a", found: "array")
    private let change = SchemaChange(edits: [.init(pointer: .root, old: 1, new: 2)])

    /// One answer that was looked at.
    private func look(_ watch: inout DriftWatch, _ kinds: Deviation.Kind..., time: Int64 = 1) {
        watch.counted(1, first: time, last: time)
        if watch.concerns(Set(kinds)) { watch.looked(at: kinds, time: time, change: change) }
    }

    private func verdict(_ watch: inout DriftWatch, id: String = "p1") -> DriftWatch.Verdict {
        watch.verdict(user: "u1", api: "a1", endpoint: "one", id: id)
    }

    private func opened(_ watch: inout DriftWatch, id: String = "p1") throws -> DriftProposal {
        guard case .open(let proposal) = verdict(&watch, id: id) else {
            Issue.record("nothing was opened")
            throw CancellationError()
        }
        return proposal
    }

    /// A watch with an open proposal of three answers.
    private func open() throws -> (DriftWatch, DriftProposal) {
        var watch = DriftWatch()
        watch.follow([], base: first)
        for time: Int64 in 1...3 { look(&watch, odd, time: time) }
        let proposal = try opened(&watch)
        return (watch, proposal)
    }

    @Test("one odd answer opens nothing, nor do two; the third opens a proposal with what was seen of all")
    func threshold() throws {
        var watch = DriftWatch()
        watch.follow([], base: first)
        look(&watch, odd, time: 5)
        #expect(verdict(&watch) == .nothing)
        watch.counted(1, first: 6, last: 6)
        #expect(verdict(&watch) == .nothing)
        look(&watch, odd, other, time: 9)
        let proposal = try opened(&watch)
        #expect(proposal.mismatches == 3 && proposal.lookedAt == 2 && proposal.base == first)
        #expect(proposal.firstSeen == 5 && proposal.lastSeen == 9 && proposal.state == .open)
        #expect(proposal.deviations == [.init(kind: odd, count: 2), .init(kind: other, count: 1)])
        #expect(proposal.change == change && proposal.id == "p1" && proposal.endpoint == "one")
    }

    @Test("answers that nobody looked at open nothing, however many")
    func unseen() {
        var watch = DriftWatch()
        watch.follow([], base: first)
        watch.counted(1000, first: 1, last: 2)
        #expect(verdict(&watch) == .nothing)
        look(&watch, odd)
        #expect(verdict(&watch) != .nothing)
    }

    @Test("an open proposal grows, and is written only where there is news")
    func growth() throws {
        var (watch, proposal) = try open()
        watch.follow([proposal], base: first)
        #expect(verdict(&watch) == .nothing)
        watch.counted(10, first: 20, last: 30)
        proposal.mismatches = 13
        proposal.lastSeen = 30
        #expect(verdict(&watch) == .update(proposal))
        look(&watch, other, time: 40)
        proposal.mismatches = 14
        proposal.lookedAt = 4
        proposal.lastSeen = 40
        proposal.deviations.append(.init(kind: other, count: 1))
        #expect(verdict(&watch) == .update(proposal))
        #expect(verdict(&watch) == .nothing)
    }

    @Test("after a restart the open proposal is taken up where it was")
    func restart() throws {
        var (_, proposal) = try open()
        var watch = DriftWatch()
        watch.follow([proposal], base: first)
        #expect(watch.change == change)
        watch.counted(2, first: 50, last: 60)
        proposal.mismatches += 2
        proposal.lastSeen = 60
        #expect(verdict(&watch) == .update(proposal))
    }

    @Test("what was dismissed does not come again; something new does, after as many answers")
    func dismissal() throws {
        var (watch, dismissed) = try open()
        dismissed.state = .dismissed
        watch.follow([dismissed], base: first)
        #expect(watch.change == SchemaChange())
        for time: Int64 in 10...20 { look(&watch, odd, time: time) }
        watch.counted(100, first: 21, last: 22)
        #expect(verdict(&watch) == .nothing)
        for time: Int64 in 30...31 { look(&watch, odd, other, time: time) }
        #expect(verdict(&watch) == .nothing)
        look(&watch, other, time: 32)
        let next = try opened(&watch, id: "p2")
        #expect(next.id == "p2" && next.mismatches == 3 && next.lookedAt == 3 && next.firstSeen == 30)
        // The same after a restart.
        var fresh = DriftWatch()
        fresh.follow([dismissed], base: first)
        for time: Int64 in 10...20 { look(&fresh, odd, time: time) }
        #expect(verdict(&fresh) == .nothing)
    }

    @Test("with another schema all begins anew, what was dismissed included")
    func otherSchema() throws {
        var (watch, proposal) = try open()
        watch.follow([proposal], base: second)
        watch.counted(2, first: 1, last: 2)
        #expect(watch.change == SchemaChange() && verdict(&watch) == .nothing)
        proposal.state = .dismissed
        watch.follow([proposal], base: second)
        look(&watch, odd)
        #expect(try opened(&watch, id: "p2").base == second)
    }

    @Test("once accepted, or opened by somebody else, what is in the store counts")
    func replaced() throws {
        var (watch, proposal) = try open()
        watch.follow([], base: first)
        #expect(watch.change == SchemaChange() && verdict(&watch) == .nothing)
        look(&watch, odd)
        #expect(verdict(&watch) == .nothing)
        proposal.id = "theirs"
        watch.follow([proposal], base: first)
        look(&watch, odd)
        guard case .update(let written) = verdict(&watch) else { return #expect(Bool(false)) }
        #expect(written.id == "theirs" && written.mismatches == 4)
    }

    @Test("the same etag is not needed: another part of the definition may change")
    func sameSchema() throws {
        var (watch, proposal) = try open()
        let later = DriftProposal.Base(etag: "\"a1-9\"", digest: [1])
        watch.follow([proposal], base: later)
        look(&watch, odd, time: 9)
        proposal.base = later
        guard case .update(let written) = verdict(&watch) else { return #expect(Bool(false)) }
        #expect(written.base == later && written.mismatches == 4)
    }

    @Test("deviations of one proposal are bounded, and an obstacle is not looked for again")
    func bounds() {
        var watch = DriftWatch()
        watch.follow([], base: first)
        let kinds = (0..<100).map { Deviation.Kind(schema: "/\($0)", keyword: "type", path: "", found: "null") }
        watch.counted(3, first: 1, last: 3)
        watch.looked(at: kinds, time: 3, change: SchemaChange(obstacle: "none"))
        #expect(watch.knows([kinds[0]]) && !watch.knows([odd]))
        guard case .open(let proposal) = verdict(&watch) else { return #expect(Bool(false)) }
        #expect(proposal.deviations.count == DriftWatch.mostDeviations)
        #expect(watch.knows([kinds[1]]) && !watch.knows([kinds[99]]))
    }
}
