import EgressPolicy
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

@testable import Connector
@testable import ReverseHTTP

/// A real connector, dialled into a relay of the test's.
struct Rig: Sendable {
    let relay: FakeRelay
    let connector: Connector

    /// The first session of the tunnel.
    var session: ClientSession {
        get async { await relay.session() }
    }

    /// Runs a connector with the given rules while `body` runs.
    static func with<R: Sendable>(
        _ rules: [ConnectorConfiguration.Rule], relay: FakeRelay? = nil,
        surroundings: TunnelSlot.Surroundings = .init(),
        resolver: NameResolver = NameResolver(threads: 1), logger: Logger = quiet,
        configure: (inout ConnectorConfiguration) -> Void = { _ in }, _ body: @Sendable (Rig) async throws -> R
    ) async throws -> R {
        let relay = if let relay { relay } else { try await FakeRelay.start() }
        let configuration = try await configuration(rules, relayPort: relay.port, configure)
        let connector = try Connector(
            configuration: configuration, logger: logger, resolver: resolver, surroundings: surroundings)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await connector.run() }
            let result: Result<R, any Error>
            do {
                result = .success(try await body(Rig(relay: relay, connector: connector)))
            } catch {
                result = .failure(error)
            }
            // Twice: at once, without a grace.
            connector.shutdown()
            connector.shutdown()
            try await group.waitForAll()
            await relay.stop()
            return try result.get()
        }
    }

    static func configuration(
        _ rules: [ConnectorConfiguration.Rule], relayPort: Int, _ configure: (inout ConnectorConfiguration) -> Void
    ) async throws -> ConnectorConfiguration {
        try await TestCertificates.make()
        var configuration = ConnectorConfiguration(
            relay: .init(host: .name("relay.test"), port: relayPort),
            tokenFile: try TestFiles.write("secret-token\n", as: "token"), allow: rules)
        configuration.connections = 1
        configuration.caFile = TestCertificates.good.ca
        configuration.hosts["relay.test"] = .v4(0x7f00_0001)
        configuration.hosts["origin.test"] = .v4(0x7f00_0001)
        configuration.shutdownGrace = .seconds(2)
        configuration.limits.connectTimeout = .seconds(60)
        configure(&configuration)
        return configuration
    }

    /// Sends one request through the tunnel and reads the whole answer.
    func call(
        _ method: String = "GET", _ path: String = "/", authority: String, scheme: String = "http",
        headers: HTTPHeaders = [:], body: String? = nil
    ) async throws -> Answer {
        let head = RequestHead(method: method, scheme: scheme, authority: authority, path: path, headers: headers)
        let response = try await session.send(Request(head: head, body: body.map { ByteBuffer(string: $0) }))
        return try await Answer(response)
    }
}

/// A whole answer.
struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let body: String

    init(_ response: Response) async throws {
        status = response.head.status
        headers = response.head.headers
        switch response.body {
        case .whole(let bytes, _):
            body = bytes.map { String(buffer: $0) } ?? ""
        case .streamed(let call):
            var text = ""
            while let chunk = try await call.next() { text += String(buffer: chunk) }
            body = text
        }
    }

    /// The error type in `Proxy-Status`.
    var proxyError: String? {
        headers.first(name: "proxy-status").flatMap { value in
            value.split(separator: ";").map { $0.drop { $0 == " " } }.first { $0.hasPrefix("error=") }
                .map { String($0.dropFirst(6)) }
        }
    }

    var isSent: Bool? {
        headers.first(name: "proxy-status").map { $0.contains("penstock-sent=?1") }
    }
}

extension FakeOrigin {
    var authority: String { "127.0.0.1:\(port)" }

    /// Allows everything at this origin.
    var rule: ConnectorConfiguration.Rule { .init(origin: "http://127.0.0.1:\(port)") }
}
