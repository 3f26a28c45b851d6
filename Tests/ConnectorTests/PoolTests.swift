import NIOCore
import Synchronization
import Testing

@testable import Connector
@testable import ReverseHTTP

/// How many connections wait for the next call.
@Suite(.serialized) struct PoolTests {
    /// Answers only once so many requests are there, so that as many connections are needed.
    private final class Crowd: Sendable {
        private let state: Mutex<(missing: Int, waiters: [CheckedContinuation<Void, Never>])>
        private let size: Int

        init(_ size: Int) {
            self.size = size
            state = Mutex((size, []))
        }

        func wait() async {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                    state.missing -= 1
                    state.waiters.append(continuation)
                    guard state.missing == 0 else { return [] }
                    defer { state = (size, []) }
                    return state.waiters
                }
                for waiter in ready { waiter.resume() }
            }
        }
    }

    private static func script(_ crowd: Crowd) -> @Sendable (FakeOrigin.Connection) async throws -> Void {
        { connection in
            while try await connection.head() != nil {
                await crowd.wait()
                try await connection.answer("\(connection.number)")
            }
        }
    }

    private func calls(_ count: Int, _ rig: Rig, _ authority: String) async throws {
        // Until its SETTINGS have come, a peer is believed to take 100 streams.
        let session = await rig.session
        while session.peerStreamLimit < count { await Task.yield() }
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<count {
                group.addTask { try await rig.call(authority: authority).status }
            }
            for try await status in group { #expect(status == 200) }
        }
    }

    @Test("by default no call opens a connection while one of an earlier call is there, at 200 at once")
    func byDefault() async throws {
        try await FakeOrigin.with(script: Self.script(Crowd(200))) { origin in
            try await Rig.with([origin.rule]) { rig in
                for _ in 0..<3 { try await calls(200, rig, origin.authority) }
                #expect(origin.seen.connections == 200)
            }
        }
    }

    @Test("idle_connections counts for each origin, and is not divided by the event loops")
    func perOrigin() async throws {
        try await FakeOrigin.with(script: Self.script(Crowd(8))) { first in
            try await FakeOrigin.with(script: Self.script(Crowd(8))) { second in
                let limit: @Sendable (inout ConnectorConfiguration) -> Void = {
                    $0.limits.idleConnections = 6
                    $0.connections = 4
                }
                try await Rig.with([first.rule, second.rule], configure: limit) { rig in
                    for origin in [first, second] {
                        try await calls(8, rig, origin.authority)
                        try await calls(8, rig, origin.authority)
                        // Six of eight waited.
                        #expect(origin.seen.connections == 10)
                    }
                    // The other origin's connections took none of the first's places.
                    try await calls(8, rig, first.authority)
                    #expect(first.seen.connections == 12)
                }
            }
        }
    }

    @Test("idle_connections_total bounds all origins together: who has waited longest goes")
    func inAll() async throws {
        try await FakeOrigin.with(script: Self.script(Crowd(4))) { first in
            try await FakeOrigin.with(script: Self.script(Crowd(4))) { second in
                try await Rig.with([first.rule, second.rule], configure: { $0.limits.idleConnectionsTotal = 4 }) {
                    rig in
                    try await calls(4, rig, first.authority)
                    try await calls(4, rig, second.authority)
                    try await calls(4, rig, second.authority)
                    #expect(second.seen.connections == 4)
                    try await calls(4, rig, first.authority)
                    #expect(first.seen.connections == 8)
                }
            }
        }
    }

    @Test("limits are counted over event loops, and a forgotten origin's share is not kept")
    func limits() {
        let limits = IdleLimits(perOrigin: 2, inAll: 3)
        var one: IdleLimits.Share? = limits.share(of: "http://a")
        let same = limits.share(of: "http://a")
        #expect(one === same)
        one?.add()
        same.add()
        #expect(!same.isOver && !limits.isOver)
        one?.add()
        #expect(same.isOver && !limits.isOver)
        let other = limits.share(of: "http://b")
        other.add()
        #expect(limits.isOver && !other.isOver)
        for _ in 0..<3 { same.remove() }
        #expect(!same.isOver && !limits.isOver)
        one = nil
        for number in 0..<5000 { _ = limits.share(of: "http://\(number)") }
        #expect(limits.share(of: "http://b") === other)
    }
}
