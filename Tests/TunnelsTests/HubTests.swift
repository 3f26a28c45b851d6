import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Tunnels

/// The hub with its lock, its timers and tasks that really wait; the clock is the test's.
struct HubTests {
    private let loop = NIOAsyncTestingEventLoop()
    private let hub: Hub<FakeSession>

    init() {
        let loop = loop
        hub = Hub(eventLoop: loop, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: { loop.now })
    }

    private var soon: NIODeadline { loop.now + .seconds(30) }

    private func session(limit: Int = 1) -> FakeSession { FakeSession(limit: limit, eventLoop: loop) }

    /// The session a call gets.
    private func attempt(_ tunnel: String = "tun_1") async -> Result<UInt64, TunnelError> {
        do throws(TunnelError) {
            return .success(try await hub.lease(tunnel, deadline: soon).sessionID)
        } catch {
            return .failure(error)
        }
    }

    private let offline = Result<UInt64, TunnelError>.failure(.offline(retryAfter: .seconds(5)))

    /// Waits until so many calls wait; each look yields to them.
    private func waiting(_ count: Int, on tunnel: String = "tun_1") async {
        while hub.snapshot(of: tunnel).waiting != count { await Task.yield() }
    }

    @Test("a call gets a slot, and its release serves the call behind it")
    func wakesOnFreedSlot() async throws {
        try hub.register(session(), identity: .fake())
        let first = try await hub.lease("tun_1", deadline: soon)
        async let second = attempt()
        await waiting(1)
        first.giveBack()
        #expect(await second == .success(first.sessionID))
    }

    @Test("a call for an unknown tunnel is offline at once")
    func unknown() async {
        #expect(await attempt("tun_9") == offline)
    }

    @Test("a call for a tunnel that is briefly gone is served by the session that comes back")
    func wakesOnReturn() async throws {
        let lost = session()
        try hub.register(lost, identity: .fake())
        lost.close()
        await loop.run()
        async let lease = attempt()
        await waiting(1)
        try hub.register(session(), identity: .fake())
        #expect(try await lease.get() > 1)
        #expect(hub.gauges().reconnects == 1)
    }

    @Test("a call for a tunnel that does not come back ends as offline after ten seconds")
    func givesUp() async throws {
        let lost = session()
        try hub.register(lost, identity: .fake())
        lost.close()
        await loop.run()
        async let lease = attempt()
        await waiting(1)
        await loop.advanceTime(by: .seconds(10))
        #expect(await lease == offline)
    }

    @Test("T13: a tunnel that stays away is forgotten")
    func forgets() async throws {
        let lost = session()
        try hub.register(lost, identity: .fake())
        lost.close()
        await loop.run()
        #expect(hub.state.withLock { $0.tunnels.count } == 1)
        await loop.advanceTime(by: .seconds(60))
        let left = hub.state.withLock { [$0.tunnels.count, $0.timers.count, $0.waiting.count] }
        #expect(left == [0, 0, 0])
    }

    @Test("a caller that goes away leaves the queue")
    func cancels() async throws {
        try hub.register(session(), identity: .fake())
        let first = try await hub.lease("tun_1", deadline: soon)
        await withTaskGroup(of: Result<UInt64, TunnelError>.self) { group in
            group.addTask { await attempt() }
            await waiting(1)
            group.cancelAll()
            #expect(await group.next() == .failure(.cancelled))
        }
        #expect(hub.state.withLock { $0.waiting.count } == 0)
        first.giveBack()
        #expect(await attempt() == .success(1))
    }

    @Test("a newer start drains the sessions it fences")
    func drainsFenced() throws {
        let old = session()
        try hub.register(old, identity: .fake(epoch: 1))
        try hub.register(session(), identity: .fake(epoch: 2))
        #expect(old.isDrained)
        #expect(throws: TunnelRefusal.fenced) { try hub.register(session(), identity: .fake(epoch: 1)) }
    }

    @Test("C7: a revoked token's sessions close at once, and none opens just after")
    func revokesToken() async throws {
        let revoked = session()
        let other = session()
        try hub.register(revoked, identity: .fake(token: "tok_1"))
        try hub.register(other, identity: .fake(token: "tok_2"))
        hub.disconnect(tokenID: "tok_1")
        #expect(revoked.isClosed)
        #expect(!other.isClosed)
        #expect(throws: TunnelRefusal.revoked) { try hub.register(session(), identity: .fake(token: "tok_1")) }
        #expect(try await hub.lease("tun_1", deadline: soon).identity.tokenID == "tok_2")
    }

    @Test("a revoked tunnel closes, and who waits for it is told")
    func revokesTunnel() async throws {
        let revoked = session()
        try hub.register(revoked, identity: .fake())
        _ = try await hub.lease("tun_1", deadline: soon)
        async let lease = attempt()
        await waiting(1)
        hub.disconnect(tunnelID: "tun_1")
        #expect(await lease == offline)
        #expect(revoked.isClosed)
        await loop.run()
        #expect(hub.gauges().tunnels == 0)
    }

    @Test("T2: a relay that leaves says GOAWAY spread over a third of its grace, then closes what is left")
    func drainsAll() async throws {
        let sessions = (0..<3).map { _ in session() }
        for (index, session) in sessions.enumerated() {
            try hub.register(session, identity: .fake(tunnel: "tun_\(index)"))
        }
        let hub = hub
        let fresh = session()
        async let drained: Void = hub.drainAll(grace: .seconds(30))
        while hub.state.withLock({ !$0.isLeaving }) { await Task.yield() }
        #expect(throws: TunnelRefusal.leaving) { try hub.register(fresh, identity: .fake()) }
        while !sessions.contains(where: \.isDrained) { await loop.advanceTime(by: .milliseconds(1)) }
        #expect(sessions.filter(\.isDrained).count == 1)
        await loop.advanceTime(by: .seconds(10))
        #expect(sessions.allSatisfy { $0.isDrained && !$0.isClosed })
        await loop.advanceTime(by: .seconds(20))
        await drained
        #expect(sessions.filter(\.isClosed).count == 3)
    }

    @Test("a snapshot tells of each session")
    func snapshots() async throws {
        try hub.register(session(limit: 4), identity: .fake(instance: "pod-1", epoch: 3))
        _ = try await hub.lease("tun_1", deadline: soon)
        await loop.advanceTime(by: .seconds(5))
        let snapshot = hub.snapshot(of: "tun_1")
        #expect(
            snapshot.sessions == [
                SessionSnapshot(
                    id: 1, instance: "pod-1", epoch: 3, connectorVersion: "1.0", remoteAddress: "192.0.2.1",
                    age: .seconds(5), streams: 1, streamLimit: 4, roundTrip: .milliseconds(3), isAccepting: true)
            ])
        #expect(hub.gauges().streams == 1)
    }
}
