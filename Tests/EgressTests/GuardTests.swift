import Dialling
import EgressPolicy
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import Egress

/// Where requests may go.
@Suite struct GuardTests {
    @Test(arguments: [
        "0.0.0.0", "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.0.1", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "192.0.2.1", "[::]", "[::1]", "[fe80::1]", "[fc00::1]", "[fec0::1]",
        "[2001:db8::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]", "[2001:0:7f00:1::]", "169.254.169.254", "[fd00:ec2::254]",
    ])
    func `S2: No address but a global one is reached, literal or resolved`(host: String) async throws {
        guard case .address(let address) = try Host(host) else { throw EgressError(.requestMalformed) }
        let resolver = FakeResolver(["origin.test": [[address]]])
        try await withClient(resolver: resolver) {
            $0.rules = EgressRules()
        } _: { client in
            let refusal = EgressError(.notAllowed(.address(address.classify())))
            await client.expect(refusal, from: try .to(80, host: host))
            await client.expect(refusal, from: try .to(80))
            #expect(client.gauges.connections == 0)
        }
    }

    @Test(arguments: ["169.254.169.254", "100.100.100.200", "[fd00:ec2::254]"])
    func `S2: Metadata addresses stay refused where their range is open`(host: String) async throws {
        try await withClient {
            $0.rules.allowPrivate = [try? CIDR("0.0.0.0/0"), try? CIDR("::/0")].compactMap { $0 }
        } _: { client in
            await client.expect(
                EgressError(.notAllowed(.address(.metadata))),
                from: try .to(80, host: host))
        }
    }

    @Test func `S1: A name with one refused address among its answers is refused`() async throws {
        let resolver = FakeResolver(["origin.test": [[.v4(0x0808_0808), .loopback]]])
        try await withClient(resolver: resolver) {
            $0.rules = EgressRules()
        } _: { client in
            await client.expect(EgressError(.notAllowed(.address(.loopback))), from: try .to(80))
        }
    }

    @Test func `S1: A name that moves to a refused address is refused, though a connection is up`() async throws {
        let allowed = IPAddress.v4(0x7f00_0001)
        let refused = IPAddress.v4(0x0a00_0001)
        let resolver = FakeResolver(["origin.test": [[allowed], [refused], [allowed]]])
        try await RawServer.with(RawServer.echo) { server in
            try await withClient(resolver: resolver) { client in
                _ = try await client.whole(.to(server.port))
                await client.expect(EgressError(.notAllowed(.address(.private))), from: try .to(server.port))
                #expect(server.seen.heads.count == 1)
                let again = try await client.whole(.to(server.port))
                #expect(again.isReused)
            }
        }
    }

    @Test func `S1: Only the address that was checked is dialled, whatever the system's resolver says`() async throws {
        // `localhost` is loopback to everyone but this resolver; 127.0.0.9 has no server.
        let resolver = FakeResolver(["localhost": [[.v4(0x7f00_0009)]]])
        try await RawServer.with(RawServer.echo) { server in
            try await withClient(resolver: resolver) { client in
                await client.expect(EgressError(.connectionRefused), from: try .to(server.port, host: "localhost"))
                #expect(server.seen.connections == 0)
            }
        }
    }

    @Test func `S1: The second lock refuses a socket to an address that was not checked`() throws {
        try withTransfer(addresses: [.v4(0x7f00_0001)]) { transfer in
            #expect(transfer.mayOpen(.v4(0x7f00_0001), port: 80))
            #expect(!transfer.mayOpen(.v4(0x7f00_0002), port: 80))
            #expect(!transfer.mayOpen(.v4(0x0a00_0001), port: 80))
        }
    }

    @Test func `S1: The second lock judges the address of a connection each time it is used`() throws {
        try withTransfer(addresses: [.v4(0x7f00_0001)]) { transfer in
            #expect(transfer.mayUse(OpenSockets.Connection(remoteAddress: "127.0.0.1", remotePort: 443, localPort: 1)))
            #expect(!transfer.mayUse(OpenSockets.Connection(remoteAddress: "10.0.0.1", remotePort: 443, localPort: 1)))
            #expect(transfer.refusal == .notAllowed(.address(.private)))
        }
        try withTransfer(addresses: []) { transfer in
            #expect(!transfer.mayUse(OpenSockets.Connection(remoteAddress: "nothing", remotePort: 443, localPort: 1)))
        }
    }

    @Test func `An API's own allowlist narrows, and opens only what the operator opened`() async throws {
        try await RawServer.with(RawServer.echo) { server in
            try await withClient { client in
                let inside = try EgressRequest.to(server.port) {
                    $0.isolation.ipAllowlist = [CIDR(.loopback)]
                }
                #expect(try await client.whole(inside).status == 200)
                let outside = try EgressRequest.to(server.port) {
                    $0.isolation.ipAllowlist = [CIDR(.v4(0x7f00_0002))]
                }
                await client.expect(EgressError(.notAllowed(.notInAllowlist)), from: outside)
            }
            try await withClient {
                $0.rules = EgressRules()
            } _: { client in
                let request = try EgressRequest.to(server.port) { $0.isolation.ipAllowlist = [CIDR(.loopback)] }
                await client.expect(EgressError(.notAllowed(.address(.loopback))), from: request)
            }
        }
    }

    @Test(arguments: ["127.0.0.1", "0.0.0.0", "::"])
    func `S3: The relay's own listener is refused, by its address or by any of the machine's`(
        listener: String
    ) async throws {
        let address = try #require(IPAddress(listener))
        try await RawServer.with(RawServer.echo) { server in
            try await withClient {
                $0.rules.ownListeners = [.init(address: address, port: server.port)]
            } _: { client in
                await client.expect(EgressError(.notAllowed(.ownListener)), from: try .to(server.port))
                await client.expect(
                    EgressError(.notAllowed(.ownListener)), from: try .to(server.port, host: "127.0.0.1"))
                #expect(server.seen.connections == 0)
            }
        }
    }

    @Test func `S3: An unspecified listener covers the interfaces there are, also those that come later`() {
        let outside = IPAddress.v4(0x0808_0808)
        let mine = Mutex<Set<IPAddress>>([])
        let local = LocalAddresses { mine.withLock { $0 } }
        let rules = EgressRules(ownListeners: [.init(address: .v4(0), port: 443)])
        let refusal = { (now: NIODeadline, port: Int) in
            rules.refusal(of: outside, port: port, allowlist: []) { local.contains($0, now: now) }
        }
        #expect(refusal(.uptimeNanoseconds(0), 443) == nil)
        mine.withLock { $0 = [outside] }
        #expect(refusal(.uptimeNanoseconds(0) + .seconds(4), 443) == nil)
        #expect(refusal(.uptimeNanoseconds(0) + .seconds(5), 443) == .ownListener)
        #expect(refusal(.uptimeNanoseconds(0) + .seconds(5), 8443) == nil)
    }

    @Test func `S3: The machine's interfaces are read`() {
        #expect(LocalAddresses.system().contains(.loopback))
    }

    @Test(arguments: ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "LOCALHOST.", "a@b", "a%00", "a\\b"])
    func `S4: A host in another spelling never becomes a request`(host: String) {
        #expect(throws: HostError.self) { try Host(host) }
    }

    @Test(arguments: [
        ("CONNECT", "/", "x", "1"), ("GET /", "/", "x", "1"), ("GET\r\nX: 1", "/", "x", "1"), ("", "/", "x", "1"),
        ("GET", "/ HTTP/1.1", "x", "1"),
        ("GET", "/\r\nX: 1", "x", "1"), ("GET", "/\u{0}", "x", "1"), ("GET", "http://x/", "x", "1"),
        ("GET", "", "x", "1"), ("GET", "/#f", "x", "1"), ("GET", "/é", "x", "1"), ("GET", "/", "x\r\ny", "1"),
        ("GET", "/", "x:", "1"), ("GET", "/", "x y", "1"), ("GET", "/", "", "1"), ("GET", "/", "x", "1\r\ny: 2"),
        ("GET", "/", "x", "1\n"), ("GET", "/", "x", "\u{0}"),
    ])
    func `S7: What could be read as more than one request is refused`(
        method: String, target: String, name: String, value: String
    ) throws {
        var request = try EgressRequest.to(80, target, method: method)
        request.headers.add(name: name, value: value)
        #expect(throws: EgressError(.requestMalformed)) { try RequestFields(request) }
    }

    @Test func `A HEAD request has no body`() throws {
        let request = try EgressRequest.to(80, method: "HEAD", body: .whole(ByteBuffer(string: "x")))
        #expect(throws: EgressError(.requestMalformed)) { try RequestFields(request) }
    }

    @Test func `S7: Fields that frame the message are this client's own`() throws {
        let request = try EgressRequest.to(
            80, method: "POST",
            headers: [
                "Host": "other.test", "Content-Length": "7", "Transfer-Encoding": "chunked", "Connection": "x",
                "Upgrade": "h2c", "X": "1", "Proxy-Authorization": "Basic x",
            ])
        #expect(try RequestFields(request).lines == ["X: 1", "Accept:", "Expect:", "Content-Length: 0"])
    }

    @Test func `TLS without verification is refused, unless the operator allows it`() async throws {
        try await withClient { client in
            let request = try EgressRequest.to(443, scheme: .https) { $0.isolation.tls.verify = false }
            await client.expect(EgressError(.notAllowed(.unverifiedTLS)), from: request)
        }
    }

    @Test func `An error names no host, address or header`() {
        let error = EgressError(.notAllowed(.address(.private)), sent: true)
        #expect("\(error)" == "notAllowed(Egress.Refusal.address(EgressPolicy.AddressClass.private)), sent")
    }
}

/// A transfer that was never started, for its callbacks.
private func withTransfer(addresses: [IPAddress], _ body: (Transfer) throws -> Void) throws {
    let request = try EgressRequest.to(80)
    let now = NIODeadline.now()
    let configuration = EgressConfiguration(rules: EgressRules(allowPrivate: [try CIDR("127.0.0.0/8")]))
    let multi = try #require(
        MultiHandle(
            isolation: request.isolation, limits: configuration.limits, sockets: OpenSockets(), now: now,
            watch: { _, _, _, _ in }, schedule: { _, _ in }))
    defer { multi.close() }
    let transfer = Transfer(
        plan: TransferPlan(
            request: request, fields: try RequestFields(request), addresses: addresses, proxyAddresses: []),
        call: EgressCall(on: nil) { _, _ in }, easy: try #require(EasyHandle(request.origin)), multi: multi,
        surroundings: Transfer.Surroundings(
            configuration: configuration, localAddresses: LocalAddresses(), silent: SilentAddresses(), now: { now },
            list: { _ in }))
    try body(transfer)
}
