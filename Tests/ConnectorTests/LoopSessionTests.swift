import NIOCore
import NIOHTTP1
import Testing

@testable import Connector
@testable import ReverseHTTP

/// A connector in front of a relay that names its event loops.
@Suite struct LoopSessionTests {
    @Test(
        "a session on a loop that has one finishes its call and ends, and each loop keeps one", .timeLimit(.minutes(5)))
    func doubles() async throws {
        let gate = Signal()
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            await gate.wait()
            try await connection.answer("late")
        }
        try await FakeOrigin.with(script: script) { origin in
            let relay = try await FakeRelay.start()
            relay.place([0, 0, 1], of: 2)
            let sleeps = Sleeps()
            let configure: (inout ConnectorConfiguration) -> Void = { $0.connections = 2 }
            try await Rig.with(
                [origin.rule], relay: relay, surroundings: sleeps.surroundings, configure: configure
            ) { rig async throws in
                // Both of the first are on one loop, each with a call. Which of them is closed is the connector's choice.
                let first = [await relay.session(1), await relay.session(2)]
                let head = RequestHead(method: "GET", scheme: "http", authority: origin.authority, path: "/")
                async let one = Answer(first[0].send(Request(head: head)))
                async let other = Answer(first[1].send(Request(head: head)))
                await origin.seen.waitForConnections(2)
                #expect(relay.heads.count == 2)
                #expect(await sleeps.next() <= .seconds(1))
                let third = await relay.session(3)
                while first.allSatisfy(\.isAccepting) { await Task.yield() }
                // Its call is still under way, and it stays as long.
                #expect(rig.connector.sessionCount == 3)
                gate.open()
                #expect(try await [one.body, other.body] == ["late", "late"])
                while rig.connector.sessionCount > 2 { await Task.yield() }
                #expect(try await Answer(third.send(Request(head: head))).body == "late")
                #expect(first.filter(\.isAccepting).count == 1)
                #expect(relay.heads.count == 3)
                // Each slot is one connector to the relay: nothing of it fences the others.
                let instances = relay.heads.compactMap { head in
                    head.split(separator: "\r\n").first { $0.hasPrefix("penstock-instance: ") }
                }
                #expect(Set(instances).count == 3)
            }
        }
    }

    @Test("all sessions together take as many calls as are allowed", .timeLimit(.minutes(5)))
    func share() async throws {
        let relay = try await FakeRelay.start()
        relay.place([0, 1, 2, 3], of: 4)
        let configure: (inout ConnectorConfiguration) -> Void = { $0.limits.concurrentRequests = 64 }
        try await Rig.with(
            [.init(origin: "http://127.0.0.1:1")], relay: relay, surroundings: .immediate, configure: configure
        ) { rig in
            for number in 1...4 {
                let session = await relay.session(number)
                // A call after which SETTINGS have surely come.
                let head = RequestHead(method: "GET", scheme: "http", authority: "127.0.0.1:1", path: "/")
                _ = try await session.send(Request(head: head))
                #expect(session.peerStreamLimit == 16)
            }
            #expect(rig.connector.sessionCount == 4)
        }
    }

    @Test("max_connections bounds the sessions, and equal to connections it asks for none", .timeLimit(.minutes(5)))
    func bounded() async throws {
        let relay = try await FakeRelay.start()
        relay.place([0, 0], of: 2)
        let configure: (inout ConnectorConfiguration) -> Void = {
            $0.connections = 2
            $0.maxConnections = 2
        }
        try await Rig.with(
            [.init(origin: "http://127.0.0.1:1")], relay: relay, surroundings: .immediate, configure: configure
        ) { rig in
            let sessions = [await relay.session(1), await relay.session(2)]
            while rig.connector.sessionCount < 2 { await Task.yield() }
            let head = RequestHead(method: "GET", scheme: "http", authority: "127.0.0.1:1", path: "/")
            for session in sessions { _ = try await session.send(Request(head: head)) }
            #expect(relay.heads.count == 2 && sessions.allSatisfy(\.isAccepting))
        }
    }
}
