import EgressPolicy
import Glibc
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Egress

/// Connections that are made and closed, with no request on them.
@Suite struct ConnectTests {
    @Test func `A connection is made anew and closed, and nothing is sent on it`() async throws {
        let bytes = Signal()
        try await RawServer.with { connection in
            if connection.number == 1 {
                while await connection.head() != nil { try await connection.answer("called") }
            } else {
                let count = await connection.untilClosed()
                if count == 0 { bytes.open() }
            }
        } _: { server in
            try await withClient { client in
                // One that waits to be used again is left alone.
                _ = try await client.whole(.to(server.port))
                let made = try await client.connect(.to(server.port, "/items", method: "POST"))
                #expect(made.remoteAddress == "127.0.0.1" && made.certificateExpiry == nil)
                await bytes.wait()
                #expect(server.seen.connections == 2 && server.seen.heads.count == 1)
                #expect(try await client.whole(.to(server.port)).isReused)
            }
        }
    }

    @Test func `TLS is judged as for a request, and the certificate's end is told`() async throws {
        try await Certificates.make()
        for (leaf, fault) in [(Certificates.Leaf.good, nil), (.otherName, TLSFault.wrongName), (.expired, .expired)] {
            let server = try Program(
                "openssl",
                [
                    "s_server", "-accept", "127.0.0.1:0", "-cert", Certificates.certificate(leaf), "-key",
                    Certificates.key(leaf), "-www",
                ])
            defer { server.kill(SIGKILL) }
            let address = try await server.line(containing: "ACCEPT ")
            let port = try #require(address.split(separator: ":").last.flatMap { Int($0) })
            try await withClient {
                $0.caFile = Certificates.ca
            } _: { client in
                if let fault {
                    await #expect(throws: EgressError(.tlsFailed(fault))) {
                        try await client.connect(.to(port, scheme: .https))
                    }
                } else {
                    let made = try await client.connect(.to(port, scheme: .https))
                    #expect(made.certificateExpiry != nil && made.timings.tls > 0)
                }
            }
        }
    }

    @Test func `S1, S2: The guard judges every address, and a port that is closed is named`() async throws {
        let resolver = FakeResolver([
            "origin.test": [[.loopback]], "mixed.test": [[.loopback, .v4(0x0a00_0001)]],
            "metadata.test": [[.v4(0xa9fe_a9fe)]],
        ])
        try await withClient(resolver: resolver) { client in
            func expect(_ kind: EgressError.Kind, host: String, port: Int = 1) async {
                await #expect(throws: EgressError(kind)) { try await client.connect(.to(port, host: host)) }
            }
            await expect(.connectionRefused, host: "origin.test")
            await expect(.nameNotFound, host: "gone.test")
            await expect(.notAllowed(.address(.private)), host: "mixed.test")
            await expect(.notAllowed(.address(.metadata)), host: "metadata.test")
            await expect(.notAllowed(.address(.private)), host: "10.0.0.1")
        }
    }

    @Test func `A user's share of transfers counts for connections too, and an abandoned one ends`() async throws {
        try await FullListener.with { listener in
            try await withClient {
                $0.limits.transfersPerHandle = 1
            } _: { client in
                let abandons = Abandons()
                let request = try EgressRequest.to(listener.port)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await #expect(throws: EgressError(.cancelled)) {
                            try await client.connect(
                                request, started: { abandon in abandons.all.withLock { $0.append(abandon) } })
                        }
                    }
                    while client.gauges.transfers < 1 { await Task.yield() }
                    await #expect(throws: EgressError(.overloaded)) { try await client.connect(request) }
                    for abandon in abandons.all.withLock({ $0 }) { abandon() }
                    try await group.waitForAll()
                }
            }
        }
    }
}

/// What ends requests that are under way.
private final class Abandons: Sendable {
    let all = Mutex<[@Sendable () -> Void]>([])
}
