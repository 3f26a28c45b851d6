import NIOCore
import Testing

@testable import Tunnels

/// One test for each event in each state a tunnel can be in: never live, free, full, draining, gone, forgotten.
struct TunnelStateTests {
    private typealias State = TunnelState<FakeSession>

    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private var later: NIODeadline { start + .seconds(30) }

    private func entry(_ id: UInt64, _ session: FakeSession, _ identity: TunnelIdentity = .fake()) -> State.Entry {
        State.Entry(id: id, identity: identity, session: session, since: start)
    }

    private func tunnel(_ sessions: FakeSession...) -> State {
        var state = State(limits: .defaults)
        for (index, session) in sessions.enumerated() { _ = state.register(entry(UInt64(index + 1), session)) }
        return state
    }

    private func gone(at time: NIODeadline) -> State {
        var state = tunnel(FakeSession())
        state.ended(1, now: time)
        return state
    }

    // MARK: leasing

    @Test("a tunnel that was never live is offline at once")
    func leaseNeverLive() {
        var state = State(limits: .defaults)
        #expect(state.lease(waiter: 1, deadline: later, now: start).error == .offline(retryAfter: .seconds(5)))
    }

    @Test("a free session gives its slot")
    func leaseFree() {
        let session = FakeSession()
        var state = tunnel(session)
        #expect(state.lease(waiter: 1, deadline: later, now: start).entry?.id == 1)
        #expect(session.callsInFlight == 1)
    }

    @Test("the session with the fewest calls in flight is chosen")
    func leaseLeastLoaded() {
        var state = tunnel(FakeSession(limit: 4), FakeSession(limit: 4))
        let chosen = (0..<4).map { state.lease(waiter: $0, deadline: later, now: start).entry?.id }
        #expect(chosen == [1, 2, 1, 2])
    }

    @Test("a session on the caller's own event loop is chosen while it carries only a few calls more")
    func leaseNear() {
        var state = tunnel(FakeSession(limit: 64), FakeSession(limit: 64, isHere: true))
        let chosen = (0..<10).map { state.lease(waiter: $0, deadline: later, now: start).entry?.id }
        #expect(chosen == [2, 2, 2, 2, 2, 2, 2, 2, 1, 2])
    }

    @Test("a session that is full is passed over even when it has fewer calls")
    func leasePassesOverFull() {
        let small = FakeSession(limit: 1)
        let large = FakeSession(limit: 8)
        var state = tunnel(small, large)
        let chosen = (0..<4).map { state.lease(waiter: $0, deadline: later, now: start).entry?.id }
        #expect(chosen == [1, 2, 2, 2])
    }

    @Test("a full tunnel queues as many calls as it has slots, then is overloaded")
    func leaseFull() {
        var state = tunnel(FakeSession(limit: 2))
        let leases = (1...4).map { state.lease(waiter: UInt64($0), deadline: later, now: start).isWaiting }
        #expect(leases == [false, false, true, true])
        #expect(state.lease(waiter: 5, deadline: later, now: start).error == .overloaded)
        #expect(state.nextDue == later)
    }

    @Test("a full tunnel refuses a call whose deadline has passed")
    func leaseFullTooLate() {
        var state = tunnel(FakeSession(limit: 1))
        _ = state.lease(waiter: 1, deadline: later, now: start)
        #expect(state.lease(waiter: 2, deadline: start, now: start).error == .overloaded)
    }

    @Test("a call waits for a tunnel whose only session drains")
    func leaseDraining() {
        let session = FakeSession()
        var state = tunnel(session)
        session.drain()
        #expect(state.lease(waiter: 1, deadline: later, now: start).isWaiting)
        #expect(state.nextDue == start + .seconds(10))
    }

    @Test("a call waits ten seconds for a tunnel seen within the last minute")
    func leaseGone() {
        var state = gone(at: start)
        let now = start + .seconds(59)
        #expect(state.lease(waiter: 1, deadline: now + .seconds(30), now: now).isWaiting)
        #expect(state.nextDue == now + .seconds(10))
    }

    @Test("a call waits for a tunnel that is gone no longer than its own deadline")
    func leaseGoneShortDeadline() {
        var state = gone(at: start)
        #expect(state.lease(waiter: 1, deadline: start + .seconds(2), now: start).isWaiting)
        #expect(state.expire(now: start + .seconds(2)).map(\.error) == [.offline(retryAfter: .seconds(5))])
    }

    @Test("a tunnel seen a minute ago is offline at once")
    func leaseForgotten() {
        var state = gone(at: start)
        let now = start + .seconds(60)
        #expect(state.lease(waiter: 1, deadline: now + .seconds(30), now: now).error != nil)
        #expect(state.isForgettable(now: now))
    }

    @Test("T13: calls that wait for a tunnel that is gone are capped")
    func leaseGoneCapped() {
        var limits = TunnelLimits.defaults
        limits.waitersWhileGone = 1
        var state = State(limits: limits)
        _ = state.register(entry(1, FakeSession()))
        state.ended(1, now: start)
        #expect(state.lease(waiter: 1, deadline: later, now: start).isWaiting)
        #expect(state.lease(waiter: 2, deadline: later, now: start).error == .overloaded)
    }

    // MARK: slots freed

    @Test("slots that are freed go to calls in the order they came")
    func serveInOrder() {
        let session = FakeSession(limit: 2)
        var state = tunnel(session)
        for id in 1...4 { _ = state.lease(waiter: UInt64(id), deadline: later, now: start) }
        session.release()
        #expect(state.serve().map(\.waiter) == [3])
        session.release()
        #expect(state.serve().map(\.waiter) == [4])
        #expect(state.serve().isEmpty)
    }

    @Test("a call does not overtake calls that wait")
    func leaseBehindWaiters() {
        let session = FakeSession(limit: 2)
        var state = tunnel(session)
        for id in 1...3 { _ = state.lease(waiter: UInt64(id), deadline: later, now: start) }
        session.release()
        #expect(state.leaseAtOnce() == nil)
        #expect(state.lease(waiter: 4, deadline: later, now: start).isWaiting)
        #expect(state.serve().map(\.waiter) == [3])
    }

    @Test("a call that went away is not served")
    func cancelWaiting() {
        let session = FakeSession(limit: 2)
        var state = tunnel(session)
        for id in 1...4 { _ = state.lease(waiter: UInt64(id), deadline: later, now: start) }
        let cancelled = [state.cancel(waiter: 3), state.cancel(waiter: 3)]
        #expect(cancelled == [true, false])
        session.release()
        #expect(state.serve().map(\.waiter) == [4])
    }

    // MARK: sessions

    @Test("a new session serves the calls that wait for it")
    func registerWhileGone() {
        var state = gone(at: start)
        _ = state.lease(waiter: 7, deadline: later, now: start)
        #expect(state.register(entry(2, FakeSession())).grants.map(\.waiter) == [7])
        #expect(state.nextDue == nil)
    }

    @Test("sessions of the same start of a connector run side by side")
    func registerParallel() {
        var state = tunnel(FakeSession())
        #expect(state.register(entry(2, FakeSession())).fenced.isEmpty)
        #expect(state.entries.count == 2)
    }

    @Test("a newer start of a connector fences the sessions of the older one")
    func registerNewer() {
        let old = [FakeSession(), FakeSession()]
        var state = tunnel(old[0], old[1])
        let registration = state.register(entry(3, FakeSession(), .fake(epoch: 2)))
        #expect(registration.fenced.map(ObjectIdentifier.init) == old.map(ObjectIdentifier.init))
        #expect(state.lease(waiter: 1, deadline: later, now: start).entry?.id == 3)
        #expect(state.lease(waiter: 2, deadline: later, now: start).isWaiting)
    }

    @Test("an older start of a connector is refused, even when the newer one has no session left")
    func registerOlder() {
        var state = State(limits: .defaults)
        _ = state.register(entry(1, FakeSession(), .fake(epoch: 5)))
        #expect(state.refusal(of: .fake(epoch: 4)) == .fenced)
        #expect(state.refusal(of: .fake(epoch: 5)) == nil)
        state.ended(1, now: start)
        #expect(state.refusal(of: .fake(epoch: 4)) == .fenced)
    }

    @Test("another connector of the same tunnel is not fenced")
    func registerReplica() {
        var state = tunnel(FakeSession())
        #expect(state.register(entry(2, FakeSession(), .fake(instance: "b", epoch: 9))).fenced.isEmpty)
    }

    @Test("T13: a tunnel's sessions are capped, and the fenced do not count")
    func registerTooMany() {
        var limits = TunnelLimits.defaults
        limits.sessions = 1
        var state = State(limits: limits)
        _ = state.register(entry(1, FakeSession()))
        #expect(state.refusal(of: .fake()) == .tooManySessions)
        #expect(state.refusal(of: .fake(instance: "b")) == .tooManySessions)
        #expect(state.refusal(of: .fake(epoch: 2)) == nil)
    }

    @Test("calls that wait for a slot give up ten seconds after the last session has gone")
    func endedWithWaiters() {
        var state = tunnel(FakeSession())
        for id in 1...2 { _ = state.lease(waiter: UInt64(id), deadline: later, now: start) }
        state.ended(1, now: start)
        #expect(state.nextDue == start + .seconds(10))
        #expect(state.expire(now: start + .seconds(9)).isEmpty)
        #expect(state.expire(now: start + .seconds(10)).map(\.error) == [.offline(retryAfter: .seconds(5))])
    }

    @Test("the end of one session of two changes nothing for who waits")
    func endedOneOfTwo() {
        var state = tunnel(FakeSession(), FakeSession())
        for id in 1...3 { _ = state.lease(waiter: UInt64(id), deadline: later, now: start) }
        state.ended(1, now: start)
        #expect(state.nextDue == later)
        #expect(state.expire(now: later).map(\.error) == [.overloaded])
    }

    @Test("the end of a session that is not known is passed over")
    func endedUnknown() {
        var state = tunnel(FakeSession())
        state.ended(9, now: start)
        #expect(state.entries.count == 1)
    }

    @Test("a revoked tunnel takes no calls, and no call waits for it")
    func revoked() {
        let session = FakeSession()
        var state = tunnel(session)
        for id in 1...2 { _ = state.lease(waiter: UInt64(id), deadline: later, now: start) }
        let closing = state.revoke { _ in true }
        #expect(closing.count == 1)
        #expect(state.abandon().map(\.waiter) == [2])
        #expect(state.lease(waiter: 3, deadline: later, now: start).error != nil)
        state.ended(1, now: start)
        #expect(state.lease(waiter: 4, deadline: later, now: start).error != nil)
        #expect(state.isForgettable(now: start))
    }
}

extension TunnelState.Lease {
    fileprivate var entry: TunnelState.Entry? {
        if case .granted(let entry) = self { entry } else { nil }
    }

    fileprivate var error: TunnelError? {
        if case .refused(let error) = self { error } else { nil }
    }

    fileprivate var isWaiting: Bool {
        if case .waits = self { true } else { false }
    }
}
