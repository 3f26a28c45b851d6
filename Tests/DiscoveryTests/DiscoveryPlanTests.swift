import EgressPolicy
import Testing

@testable import Discovery

/// Each event of the plan in each of its states.
@Suite struct DiscoveryPlanTests {
    private func probe(_ path: String, _ purpose: Probe.Purpose = .wellKnown, depth: Int = 0) throws -> Probe {
        let address = try #require(WebAddress("https://a.example\(path)"))
        return Probe(purpose: purpose, address: address, depth: depth)
    }

    private func asked(_ next: DiscoveryPlan.Next) -> String? {
        if case .ask(let probe, _, _) = next { "\(probe.purpose.rawValue) \(probe.address.path)" } else { nil }
    }

    private func ended(_ next: DiscoveryPlan.Next) -> DiscoveryPlan.End? {
        if case .end(let end) = next { end } else { nil }
    }

    @Test func `Nothing waits, so it has ended`() {
        var plan = DiscoveryPlan(DiscoveryOptions())
        #expect(ended(plan.next(at: .zero)) == .finished)
    }

    @Test func `What is surest goes first, and in the order it came`() throws {
        var plan = DiscoveryPlan(DiscoveryOptions())
        for (path, purpose) in [
            ("/a", .sample), ("/b", .wellKnown), ("/c", .linked), ("/d", .wellKnown), ("/e", .root),
        ]
            as [(String, Probe.Purpose)]
        { plan.offer(try probe(path, purpose)) }
        let order = (0..<5).map { asked(plan.next(at: .seconds($0))) }
        #expect(order == ["root /e", "linked /c", "well_known /b", "well_known /d", "sample /a"])
    }

    @Test func `Two thirds go to guesses while samples wait`() throws {
        var options = DiscoveryOptions()
        options.requests = 6
        var plan = DiscoveryPlan(options)
        for number in 0..<8 { plan.offer(try probe("/\(number)", number < 6 ? .wellKnown : .sample)) }
        let order = (0..<6).map { asked(plan.next(at: .seconds($0)))?.split(separator: " ").first }
        #expect(order == ["well_known", "well_known", "well_known", "well_known", "sample", "sample"])
        #expect(ended(plan.next(at: .seconds(9))) == .requests)
    }

    @Test func `An address is asked once; a guess that a link confirms moves forward`() throws {
        var plan = DiscoveryPlan(DiscoveryOptions())
        #expect(plan.offer(try probe("/a")) == true)
        #expect(plan.offer(try probe("/b")) == true)
        #expect(plan.offer(try probe("/b")) == false)
        #expect(plan.offer(try probe("/b", .linked)) == true)
        #expect(plan.offer(try probe("/b", .sample)) == false)
        #expect(asked(plan.next(at: .zero)) == "linked /b")
        #expect(plan.offer(try probe("/b", .part)) == false)
        #expect(asked(plan.next(at: .seconds(1))) == "well_known /a")
        #expect(ended(plan.next(at: .seconds(2))) == .finished)
    }

    @Test func `The same address by POST is another`() throws {
        var plan = DiscoveryPlan(DiscoveryOptions())
        var post = try probe("/a")
        post.isPost = true
        #expect(plan.offer(try probe("/a")) && plan.offer(post))
    }

    @Test func `What is too deep is not taken up`() throws {
        var plan = DiscoveryPlan(DiscoveryOptions())
        #expect(plan.offer(try probe("/a", depth: 3)) == false)
        #expect(plan.offer(try probe("/b", depth: 2)) == true)
    }

    @Test func `Four hundred addresses wait at most`() throws {
        var plan = DiscoveryPlan(DiscoveryOptions())
        for number in 0..<500 { plan.offer(try probe("/\(number)")) }
        #expect(plan.left == 400)
    }

    @Test func `Between two starts it waits for what is left of the pause`() throws {
        var plan = DiscoveryPlan(DiscoveryOptions())
        plan.offer(try probe("/a"))
        plan.offer(try probe("/b"))
        _ = plan.next(at: .zero)
        guard case .wait(let rest) = plan.next(at: .milliseconds(100)) else {
            Issue.record("it does not wait")
            return
        }
        #expect(rest == .milliseconds(150))
        #expect(asked(plan.next(at: .milliseconds(250))) == "well_known /b")
    }

    @Test func `A pause beyond the deadline is the deadline`() throws {
        var options = DiscoveryOptions()
        options.deadline = .milliseconds(200)
        var plan = DiscoveryPlan(options)
        plan.offer(try probe("/a"))
        plan.offer(try probe("/b"))
        _ = plan.next(at: .zero)
        #expect(ended(plan.next(at: .milliseconds(10))) == .deadline)
    }

    @Test(arguments: [DiscoveryPlan.End.askedToStop, .cancelled, .unreachable])
    func `Once stopped it stays so, for the first reason`(reason: DiscoveryPlan.End) throws {
        var plan = DiscoveryPlan(DiscoveryOptions())
        plan.offer(try probe("/a"))
        plan.stop(reason)
        plan.stop(.finished)
        plan.offer(try probe("/b"))
        plan.answered(1)
        plan.failed(isRefused: false)
        #expect(ended(plan.next(at: .zero)) == reason)
        #expect(ended(plan.next(at: .seconds(1))) == reason)
        #expect(plan.left == 2)
    }

    @Test func `Failures in a row count, refusals only until something answered`() throws {
        var plan = DiscoveryPlan(DiscoveryOptions())
        plan.offer(try probe("/a"))
        plan.failed(isRefused: true)
        plan.failed(isRefused: false)
        plan.answered(0)
        for _ in 0..<5 { plan.failed(isRefused: true) }
        plan.failed(isRefused: false)
        plan.failed(isRefused: false)
        #expect(plan.left == 1 && asked(plan.next(at: .zero)) != nil)
        plan.failed(isRefused: false)
        #expect(ended(plan.next(at: .seconds(1))) == .unreachable)
    }

    @Test func `Dropping says how many there were`() throws {
        var plan = DiscoveryPlan(DiscoveryOptions())
        plan.offer(try probe("/a"))
        plan.offer(try probe("/b", .page))
        let count = plan.drop { $0.purpose == .page }
        #expect(count == 1 && plan.left == 1)
    }
}
