import EgressPolicy
import NIOCore
import Synchronization
import Testing

@testable import Connector
@testable import ReverseHTTP

/// Names with several addresses, and names that move.
@Suite struct AddressTests {
    /// The addresses of every name, as a test changes them.
    private final class Names: Sendable {
        private let addresses: Mutex<[IPAddress]>

        init(_ addresses: IPAddress...) { self.addresses = Mutex(addresses) }

        func move(to address: IPAddress) { addresses.withLock { $0 = [address] } }

        /// Each lookup asks anew.
        var resolver: NameResolver {
            NameResolver(threads: 1, hold: .zero) { [self] _ throws(Failure) in addresses.withLock { $0 } }
        }
    }

    private let first = IPAddress.v4(0x7f00_0001)
    private let second = IPAddress.v4(0x7f00_0002)
    private let silence: @Sendable (FakeOrigin.Connection) async throws -> Void = { try await $0.untilClosed() }

    private func rule(_ port: Int, _ scheme: String) -> ConnectorConfiguration.Rule {
        var rule = ConnectorConfiguration.Rule(origin: "\(scheme)://moving.test:\(port)")
        if scheme == "https" { rule.tls.caFile = TestCertificates.good.ca }
        rule.tls.serverName = .name("origin.test")
        return rule
    }

    @Test("the first of several addresses is silent: the others are tried, and it is remembered for a while")
    func aSilentAddress() async throws {
        try await FakeOrigin.with(tls: .good, script: FakeOrigin.echo) { origin in
            try await FakeOrigin.with(host: "127.0.0.2", port: origin.port, script: silence) { silent in
                try await Rig.with(
                    [rule(origin.port, "https")], resolver: Names(second, first).resolver,
                    configure: { $0.limits.connectionAge = .nanoseconds(1) }
                ) { rig in
                    for _ in 0..<3 {
                        let answer = try await rig.call(authority: "moving.test:\(origin.port)", scheme: "https")
                        #expect(answer.status == 200)
                    }
                    // On a slow machine the race may go on before the address that answers has won it.
                    #expect(origin.seen.connections == 3)
                    #expect(silent.seen.connections >= 1)
                }
            }
        }
    }

    @Test("where every address is silent the call ends with the connect timeout")
    func allSilent() async throws {
        try await FakeOrigin.with(script: silence) { origin in
            try await FakeOrigin.with(host: "127.0.0.2", port: origin.port, script: silence) { _ in
                try await Rig.with(
                    [rule(origin.port, "https")], resolver: Names(second, first).resolver,
                    configure: { $0.limits.connectTimeout = .milliseconds(400) }
                ) { rig in
                    let answer = try await rig.call(authority: "moving.test:\(origin.port)", scheme: "https")
                    #expect(answer.status == 504 && answer.proxyError == "connection_timeout")
                }
            }
        }
    }

    @Test("the relay's addresses race for a TLS session, and only the winner gets the token")
    func relayAddresses() async throws {
        let relay = try await FakeRelay.start()
        try await FakeOrigin.with(host: "127.0.0.2", port: relay.port, script: silence) { silent in
            try await Rig.with(
                [.init(origin: "http://127.0.0.1:1")], relay: relay, resolver: Names(second, first).resolver,
                configure: { $0.hosts["relay.test"] = nil }
            ) { rig in
                _ = await rig.session
                #expect(relay.heads.count == 1)
                #expect(silent.seen.connections == 1 && silent.seen.requests.isEmpty)
            }
        }
    }

    @Test("a name that moves is followed: no connection to the address it had is used again")
    func aMovingName() async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { old in
            try await FakeOrigin.with(host: "127.0.0.2", port: old.port, script: FakeOrigin.echo) { new in
                let names = Names(first)
                try await Rig.with([rule(old.port, "http")], resolver: names.resolver) { rig in
                    for _ in 0..<3 {
                        let answer = try await rig.call(authority: "moving.test:\(old.port)")
                        #expect(answer.status == 200)
                    }
                    #expect(old.seen.connections == 1 && old.seen.requests.count == 3)
                    names.move(to: second)
                    for _ in 0..<3 {
                        let answer = try await rig.call(authority: "moving.test:\(old.port)")
                        #expect(answer.status == 200)
                    }
                    #expect(old.seen.requests.count == 3)
                    #expect(new.seen.connections == 1 && new.seen.requests.count == 3)
                }
            }
        }
    }

    @Test("A name that many wait for is looked up once")
    func oneLookup() async throws {
        let (gate, asked) = (Gate(), Signal())
        let lookups = Mutex(0)
        let resolver = NameResolver(threads: 2) { _ throws(Failure) in
            lookups.withLock { $0 += 1 }
            asked.open()
            gate.wait()
            return [.v4(1)]
        }
        let loop = testGroup.any()
        let first = resolver.resolve("a.test", on: loop)
        await asked.wait()
        let others = (0..<100).map { _ in resolver.resolve("a.test", on: loop) }
        gate.open()
        for lookup in [first] + others { #expect(try await lookup.get() == [.v4(1)]) }
        #expect(lookups.withLock { $0 } == 1)
        resolver.close()
    }

    @Test("a pooled connection has a bounded age")
    func age() async throws {
        for (age, connections) in [(Duration.seconds(60), 1), (.nanoseconds(1), 3)] {
            try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
                try await Rig.with([origin.rule], configure: { $0.limits.connectionAge = age }) { rig in
                    for _ in 0..<3 {
                        let answer = try await rig.call(authority: origin.authority)
                        #expect(answer.status == 200)
                    }
                    #expect(origin.seen.connections == connections)
                }
            }
        }
    }
}
