import EgressPolicy
import NIOCore
import NIOHTTP1
import Testing

@testable import Egress

/// The operator's outbound proxy.
@Suite struct ProxyTests {
    /// Makes the tunnel, and is the API behind it.
    private static let tunnel: @Sendable (RawServer.Connection) async throws -> Void = { connection in
        _ = await connection.head()
        try await connection.write("HTTP/1.1 200 Connection established\r\nx-proxy: 1\r\n\r\n")
        try await RawServer.echo(connection)
    }

    private func origin(_ port: Int) -> Origin { Origin(scheme: .http, host: .address(.loopback), port: port) }

    private static let resolver = FakeResolver(["origin.test": [[.v4(0x0808_0808)]], "proxy.test": [[.loopback]]])

    @Test func `S1: CONNECT names the checked address, the request the host`() async throws {
        try await RawServer.with(Self.tunnel) { server in
            try await withClient(resolver: Self.resolver) {
                $0.rules = EgressRules()
                $0.proxy = EgressProxy(origin: origin(server.port), user: "us", password: "pw")
            } _: { client in
                let answer = try await client.whole(.to(8080, "/x", headers: ["Authorization": "Bearer x"]))
                #expect(answer.body == "GET /x HTTP/1.1" && answer.headers["x-proxy"].isEmpty)
                let (connect, request) = (server.seen.heads[0], server.seen.heads[1])
                #expect(connect.hasPrefix("CONNECT 8.8.8.8:8080 HTTP/1.1\r\n"))
                #expect(connect.contains("Proxy-Authorization: Basic dXM6cHc=\r\n"))
                #expect(!connect.contains("Bearer"))
                #expect(request.hasPrefix("GET /x HTTP/1.1\r\nHost: origin.test:8080\r\n"))
                #expect(request.contains("Bearer") && !request.contains("Proxy-"))
                let again = try await client.whole(.to(8080, "/y"))
                #expect(again.isReused)
            }
        }
    }

    @Test func `S1: Behind a proxy the certificate's name and the server name stay the host's`() async throws {
        let extra = #"location /names { return 200 "$ssl_server_name $http_host $server_protocol"; }"#
        let resolver = FakeResolver(["origin.test": [[.v4(0x0808_0808)]], "wrong.test": [[.v4(0x0808_0808)]]])
        try await Nginx.with(extra: extra) { nginx in
            try await RawServer.with { connection in
                _ = await connection.head()
                try await connection.write("HTTP/1.1 200 Connection established\r\n\r\n")
                try await connection.forward(to: nginx.port)
            } _: { server in
                try await withClient(resolver: resolver) {
                    $0.caFile = Certificates.ca
                    $0.proxy = EgressProxy(origin: origin(server.port))
                } _: { client in
                    let answer = try await client.whole(.to(443, "/names", scheme: .https))
                    #expect(answer.body == "origin.test origin.test HTTP/2.0")
                    #expect(server.seen.heads.first?.hasPrefix("CONNECT 8.8.8.8:443 ") == true)
                    await client.expect(
                        EgressError(.tlsFailed(.wrongName)), from: try .to(443, host: "wrong.test", scheme: .https))
                }
            }
        }
    }

    @Test func `A proxy by name is resolved, and not judged: it is the operator's`() async throws {
        try await RawServer.with(Self.tunnel) { server in
            try await withClient(resolver: Self.resolver) {
                $0.rules = EgressRules()
                $0.proxy = EgressProxy(origin: Origin(scheme: .http, host: .name("proxy.test"), port: server.port))
            } _: { client in
                let answer = try await client.whole(.to(8080))
                #expect(answer.status == 200)
            }
        }
    }

    @Test func `S2: What is refused without a proxy is refused with one`() async throws {
        try await RawServer.with(Self.tunnel) { server in
            for resolves in [false, true] {
                try await withClient {
                    $0.rules = EgressRules()
                    $0.proxy = EgressProxy(origin: origin(server.port), resolves: resolves)
                } _: { client in
                    await client.expect(
                        EgressError(.notAllowed(.address(.private))), from: try .to(80, host: "10.0.0.1"))
                    if !resolves {
                        await client.expect(EgressError(.notAllowed(.address(.loopback))), from: try .to(80))
                    }
                }
            }
            #expect(server.seen.connections == 0)
        }
    }

    @Test func `A proxy that resolves is given the name, unless the API lists addresses`() async throws {
        try await RawServer.with(Self.tunnel) { server in
            try await withClient(resolver: FakeResolver([:])) {
                $0.proxy = EgressProxy(origin: origin(server.port), resolves: true)
            } _: { client in
                _ = try await client.whole(.to(8080))
                #expect(server.seen.heads.first?.hasPrefix("CONNECT origin.test:8080 HTTP/1.1\r\n") == true)
                let listed = try EgressRequest.to(8080) { $0.isolation.ipAllowlist = [CIDR(.loopback)] }
                await client.expect(EgressError(.notAllowed(.notInAllowlist)), from: listed)
            }
        }
    }

    @Test(arguments: ["403 Forbidden", "407 Proxy Authentication Required", "502 Bad Gateway"])
    func `A proxy that makes no tunnel is named, and nothing was sent`(status: String) async throws {
        try await RawServer.with { connection in
            _ = await connection.head()
            try await connection.answer("no", status: status)
        } _: { server in
            try await withClient(resolver: Self.resolver) {
                $0.proxy = EgressProxy(origin: origin(server.port))
            } _: { client in
                await client.expect(EgressError(.proxyRefused), from: try .to(8080))
            }
        }
    }
}
