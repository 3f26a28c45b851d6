import EgressPolicy
import NIOCore
import Synchronization
import Testing

@testable import Egress

/// Cancelling, pausing, limits and the end.
@Suite struct LifeTests {
    @Test func `A cancelled task ends its request, and closes the connection`() async throws {
        let closed = Signal()
        try await RawServer.with { connection in
            _ = await connection.head()
            await connection.untilClosed()
            closed.open()
        } _: { server in
            try await withClient { client in
                let request = try EgressRequest.to(server.port)
                let error = await withTaskGroup(of: EgressError?.self) { group in
                    group.addTask { await client.error(request) }
                    await server.seen.waitForRequest()
                    group.cancelAll()
                    return await group.next() ?? nil
                }
                #expect(error == EgressError(.cancelled, sent: true))
                await closed.wait()
            }
        }
    }

    @Test func `A cancelled task ends within its body too`() async throws {
        let started = Signal()
        try await RawServer.with { connection in
            _ = await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            await connection.untilClosed()
        } _: { server in
            try await withClient { client in
                let request = try EgressRequest.to(server.port)
                let error = await withTaskGroup(of: (any Error)?.self) { group in
                    group.addTask {
                        do {
                            _ = try await client.send(request) { response in
                                started.open()
                                return try await response.next()
                            }
                            return nil
                        } catch {
                            return error
                        }
                    }
                    await started.wait()
                    group.cancelAll()
                    return await group.next() ?? nil
                }
                #expect(error as? EgressError == EgressError(.cancelled, sent: true))
            }
        }
    }

    @Test func `What the handler throws is thrown`() async throws {
        struct Broken: Error, Equatable {}
        try await RawServer.with(RawServer.echo) { server in
            try await withClient { client in
                let request = try EgressRequest.to(server.port)
                await #expect(throws: Broken()) { try await client.send(request) { _ in throw Broken() } }
            }
        }
    }

    @Test func `64 MiB arrive in bounded memory, and a reader that stops holds up the sender only`() async throws {
        let size = 64 << 20
        let written = Mutex(0)
        let (stalled, resumed) = (Signal(), Signal())
        try await RawServer.with { connection in
            guard await connection.head()?.hasPrefix("GET /big") == true else {
                return try await connection.answer("x")
            }
            try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: \(size)\r\n\r\n")
            let piece = ByteBuffer(repeating: 0x78, count: 1 << 18)
            for _ in 0..<(size >> 18) {
                try await connection.write(piece)
                written.withLock { $0 += piece.readableBytes }
            }
            await connection.untilClosed()
        } _: { server in
            try await withClient { client in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    let request = try EgressRequest.to(server.port, "/big")
                    group.addTask {
                        try await client.send(request) { response in
                            var count = try await response.next()?.readableBytes ?? 0
                            stalled.open()
                            await resumed.wait()
                            while let bytes = try await response.next() {
                                #expect(bytes.readableBytes <= 262_144 + 65_536)
                                count += bytes.readableBytes
                            }
                            return count
                        }
                    }
                    await stalled.wait()
                    // Other calls go on, on connections of their own.
                    for _ in 0..<100 {
                        let answer = try await client.whole(.to(server.port, "/small"))
                        #expect(answer.body == "x")
                    }
                    #expect(written.withLock { $0 } < size)
                    resumed.open()
                    let count = try await group.next()
                    #expect(count == size)
                }
            }
        }
    }

    @Test func `Calls that end in every way, all at once, leave nothing behind`() async throws {
        try await RawServer.with { connection in
            while let head = await connection.head() {
                if head.hasPrefix("GET /stream") {
                    try await connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                    for _ in 0..<100 { try await connection.write("400\r\n\(String(repeating: "x", count: 1024))\r\n") }
                    try await connection.write("0\r\n\r\n")
                } else if head.hasPrefix("GET /silent") {
                    await connection.untilClosed()
                } else if head.hasPrefix("POST") {
                    _ = await connection.bytes(6)
                    try await connection.answer("took it")
                } else {
                    try await connection.answer("x")
                }
            }
        } _: { server in
            try await withClient { client in
                await withDiscardingTaskGroup { group in
                    for index in 0..<300 {
                        group.addTask {
                            await #expect(throws: Never.self) { try await Self.call(index, server.port, client) }
                        }
                    }
                }
                while client.gauges.transfers > 0 { await Task.yield() }
            }
        }
    }

    /// One call, ended in one of six ways.
    private static func call(_ index: Int, _ port: Int, _ client: EgressClient) async throws {
        let user = "u\(index % 7)"
        switch index % 6 {
        case 0:
            let answer = try await client.whole(.to(port, user: user))
            #expect(answer.body == "x")
        case 1:
            let answer = try await client.whole(.to(port, "/stream", user: user))
            #expect(answer.body.utf8.count == 102_400)
        case 2:
            try await client.send(.to(port, "/stream", user: user)) { _ = try await $0.next() }
        case 3:
            let body = Pieces([("one", nil), ("two", nil)])
            let answer = try await client.whole(
                .to(port, method: "POST", body: .streamed(length: 6, next: body.next), user: user))
            #expect(answer.body == "took it")
        case 4:
            let request = try EgressRequest.to(port, "/silent", user: user) { $0.firstByteTimeout = .milliseconds(5) }
            let error = await client.error(request)
            #expect(error == EgressError(.responseTimeout(.firstByte), sent: true))
        default:
            let request = try EgressRequest.to(port, "/silent", user: user)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = await client.error(request) }
                for _ in 0..<index { await Task.yield() }
                group.cancelAll()
            }
        }
    }

    @Test func `Requests above a limit are refused at once`() async throws {
        try await RawServer.with { connection in
            await connection.untilClosed()
        } _: { server in
            try await withClient {
                $0.limits.transfersPerHandle = 1
                $0.limits.handles = 2
            } _: { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for user in ["u1", "u2"] {
                        let request = try EgressRequest.to(server.port, user: user)
                        group.addTask { _ = try? await client.whole(request) }
                    }
                    while client.gauges.transfers < 2 { await Task.yield() }
                    for user in ["u1", "u2", "u3"] {
                        await client.expect(EgressError(.overloaded), from: try .to(server.port, user: user))
                    }
                    group.cancelAll()
                }
            }
        }
    }

    @Test func `The key idle for longest gives way to a new one`() async throws {
        try await RawServer.with(RawServer.echo) { server in
            try await withClient {
                $0.limits.handles = 2
            } _: { client in
                for user in ["u1", "u2", "u1", "u3", "u1"] {
                    let answer = try await client.whole(.to(server.port, user: user))
                    #expect(answer.status == 200)
                }
                // Only u2 was let go: u1 came back to its connection twice.
                #expect(server.seen.connections == 3)
                #expect(client.gauges.handles == 2 && client.gauges.connections == 2)
            }
        }
    }

    @Test func `An idle key is let go`() async throws {
        try await RawServer.with(RawServer.echo) { server in
            try await withClient {
                $0.limits.idle = .milliseconds(20)
            } _: { client in
                _ = try await client.whole(.to(server.port))
                while client.gauges != EgressGauges() { await Task.yield() }
            }
        }
    }

    @Test func `Shutting down ends what is under way, and refuses what comes later`() async throws {
        try await RawServer.with { connection in
            await connection.untilClosed()
        } _: { server in
            try await withClient { client in
                let request = try EgressRequest.to(server.port)
                let error = await withTaskGroup(of: EgressError?.self) { group in
                    group.addTask { await client.error(request) }
                    while client.gauges.transfers < 1 { await Task.yield() }
                    await client.shutdown()
                    return await group.next() ?? nil
                }
                #expect(error?.kind == .overloaded)
                await client.expect(EgressError(.overloaded), from: request)
            }
        }
    }

    @Test func `A client that was never started refuses, and shuts down`() async throws {
        let client = EgressClient(
            configuration: EgressConfiguration(rules: EgressRules(allowPrivate: [CIDR(.loopback)])),
            resolver: FakeResolver(), logger: quiet)
        await client.expect(EgressError(.overloaded), from: try .to(80))
        await client.shutdown()
    }
}
