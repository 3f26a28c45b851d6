import EgressPolicy
import NIOCore
import NIOHTTP1
import Testing

@testable import Egress

/// Names with several addresses, and names that move.
@Suite struct AddressTests {
    private let first = IPAddress.v4(0x7f00_0001)
    private let second = IPAddress.v4(0x7f00_0002)

    @Test func `The first of several addresses is silent: the others are tried`() async throws {
        try await RawServer.with(RawServer.echo) { server in
            try await FullListener.with(second, port: server.port) { _ in
                let resolver = FakeResolver(["origin.test": [[second, first]]])
                try await withClient(resolver: resolver) { client in
                    for _ in 0..<3 {
                        let answer = try await client.whole(.to(server.port))
                        #expect(answer.remoteAddress == "127.0.0.1")
                    }
                    #expect(server.seen.heads.count == 3)
                }
            }
        }
    }

    @Test func `An address that refuses gives way at once`() async throws {
        try await RawServer.with(RawServer.echo) { server in
            let resolver = FakeResolver(["origin.test": [[second, .v4(0x7f00_0003), first]]])
            try await withClient(resolver: resolver) { client in
                let answer = try await client.whole(.to(server.port))
                #expect(answer.remoteAddress == "127.0.0.1")
            }
        }
    }

    @Test func `Where every address is silent, the connect deadline ends the call and nothing is left`()
        async throws
    {
        try await FullListener.with { listener in
            try await FullListener.with(second, port: listener.port) { _ in
                let resolver = FakeResolver(["origin.test": [[second, first]]])
                try await withClient(resolver: resolver) { client in
                    let request = try EgressRequest.to(listener.port) { $0.connectTimeout = .milliseconds(400) }
                    await client.expect(EgressError(.connectTimeout), from: request)
                    while client.gauges.connections > 0 { await Task.yield() }
                }
            }
        }
    }

    @Test func `A call that is given up while its addresses race leaves no socket`() async throws {
        try await FullListener.with { listener in
            try await withClient { client in
                let request = try EgressRequest.to(listener.port)
                let error = await withTaskGroup(of: EgressError?.self) { group in
                    group.addTask { await client.error(request) }
                    while client.gauges.connections == 0 { await Task.yield() }
                    group.cancelAll()
                    return await group.next() ?? nil
                }
                #expect(error == EgressError(.cancelled))
                while client.gauges.connections > 0 { await Task.yield() }
            }
        }
    }

    @Test func `An address that never answers the handshake gives way, and is remembered`() async throws {
        try await Nginx.with { nginx in
            try await RawServer.with(host: "127.0.0.2", port: nginx.port) { connection in
                await connection.untilClosed()
            } _: { silent in
                let resolver = FakeResolver(["origin.test": [[second, first]]])
                try await withClient(resolver: resolver) {
                    $0.caFile = Certificates.ca
                    // Long enough for a handshake with nginx on a busy machine: then only the first call asks the silent one.
                    $0.tlsPatience = .seconds(2)
                    $0.limits.connectionAge = .nanoseconds(1)
                } _: { client in
                    for _ in 0..<3 {
                        let answer = try await client.whole(.to(nginx.port, "/small", scheme: .https))
                        #expect(answer.status == 200 && answer.remoteAddress == "127.0.0.1")
                    }
                    #expect(silent.seen.connections == 1)
                }
            }
        }
    }

    @Test func `A name that moves is followed: no connection to the address it had is used again`() async throws {
        try await RawServer.with(RawServer.echo) { old in
            try await RawServer.with(host: "127.0.0.2", port: old.port, RawServer.echo) { new in
                let resolver = FakeResolver(["origin.test": [[first], [first], [second]]])
                try await withClient(resolver: resolver) { client in
                    for (index, address) in ["127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.2"].enumerated() {
                        let answer = try await client.whole(.to(old.port))
                        #expect(answer.remoteAddress == address && answer.isReused == (index % 2 == 1))
                    }
                    #expect(old.seen.heads.count == 2 && old.seen.connections == 1)
                    #expect(new.seen.heads.count == 2 && new.seen.connections == 1)
                }
            }
        }
    }

    @Test func `A POST follows a name that moves, and is sent once`() async throws {
        try await RawServer.with(RawServer.echo) { old in
            try await RawServer.with(host: "127.0.0.2", port: old.port, RawServer.echo) { new in
                let resolver = FakeResolver(["origin.test": [[first], [second]]])
                try await withClient(resolver: resolver) { client in
                    for _ in 0..<2 {
                        let body = EgressBody.whole(ByteBuffer(string: "x"))
                        _ = try await client.whole(.to(old.port, method: "POST", body: body))
                    }
                    #expect(old.seen.heads.count == 1 && new.seen.heads.count == 1)
                }
            }
        }
    }

    @Test(arguments: [(TimeAmount.seconds(60), 1), (.nanoseconds(1), 3)])
    func `A pooled connection has a bounded age`(age: TimeAmount, connections: Int) async throws {
        try await RawServer.with(RawServer.echo) { server in
            try await withClient {
                $0.limits.connectionAge = age
            } _: { client in
                for _ in 0..<3 {
                    let answer = try await client.whole(.to(server.port))
                    #expect(answer.status == 200)
                }
                #expect(server.seen.connections == connections && server.seen.heads.count == 3)
            }
        }
    }
}
