import Foundation
import Synchronization
import Value

/// A real `penstock-connector run`.
final class TestConnector: Sendable {
    let folder: Scratch
    let healthPort: Int
    let configurationFile: String
    private let child: Mutex<ChildProcess?> = Mutex(nil)

    var process: ChildProcess? { child.withLock { $0 } }
    var log: String { folder / "connector.log" }
    var auditFile: String { folder / "connector-audit.jsonl" }

    /// - Parameters:
    ///   - allow: entries of `allow`, as in ``allow(_:tls:)``.
    ///   - settings: laid over the test's `connector.yaml`, key by key.
    ///   - relayPort: where it dials, if not at the relay itself.
    init(
        _ relay: TestRelay, token: String, allow: [JSON], settings: JSONObject = [:], relayPort: Int? = nil,
        start: Bool = true
    ) async throws {
        folder = try Scratch("connector")
        healthPort = try FreePort.next()
        var configuration: JSONObject = [
            "relay": .string("https://localhost:\(relayPort ?? relay.port)"),
            "token_file": .string(try folder.write("token", token + "\n")),
            "ca_file": .string(try Certificates.shared.get().root),
            "allow": .array(allow),
            "hosts": ["localhost": "127.0.0.1"],
            "audit": ["file": .string(folder / "connector-audit.jsonl")],
            "health": ["listen": .string("127.0.0.1:\(healthPort)")],
            "shutdown_grace": "5s",
        ]
        for (key, value) in settings { configuration[key] = value }
        configurationFile = try folder.write("connector.yaml", JSON.object(configuration).text(pretty: true))
        if start { try await self.start() }
    }

    /// An entry of `allow` for one origin, with the tests' CA where it is HTTPS.
    static func allow(_ origin: String, methods: [JSON]? = nil, paths: [JSON]? = nil) -> JSON {
        var entry: JSONObject = ["origin": .string(origin)]
        if let methods { entry["methods"] = .array(methods) }
        if let paths { entry["paths"] = .array(paths) }
        if origin.hasPrefix("https:"), let root = try? Certificates.shared.get().root {
            entry["tls"] = ["ca_file": .string(root)]
        }
        return .object(entry)
    }

    /// Starts it, again or for the first time; `ready`: and waits until it has a session.
    func start(ready: Bool = true, logLevel: String = "info") async throws {
        let process = try ChildProcess.start(
            Binaries.connector, ["run", "--config", configurationFile, "--log-level", logLevel], log: log)
        child.withLock { $0 = process }
        if ready { try await self.ready() }
    }

    /// Waits until it has a session.
    func ready() async throws {
        guard let process else { throw TestFailure("the connector was not started") }
        try await Readiness.wait(port: healthPort, of: process)
    }

    func kill() async throws { try await process?.killed() }

    @discardableResult
    func stop() async throws -> ChildProcess.End? {
        process?.kill(SIGTERM)
        return try await process?.ended()
    }
}
