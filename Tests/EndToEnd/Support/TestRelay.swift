import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Value

/// A real `penstock-relay serve` over a data folder of its own.
final class TestRelay: Sendable {
    /// A user, with a token of its own and one for agents.
    struct Account: Sendable {
        let id: String
        let user: String
        let agent: String
        let agentID: String
    }

    struct Tunnel: Sendable {
        let id: String
        let token: String
        let tokenID: String
    }

    let folder: Scratch
    let data: String
    let port: Int
    let adminPort: Int
    let operatorToken: String
    let configurationFile: String
    private let child: Mutex<ChildProcess?> = Mutex(nil)

    var url: String { "https://localhost:\(port)" }
    /// The SQLite file.
    var database: String { data + "/penstock.db" }
    var log: String { folder / "relay.log" }
    var process: ChildProcess? { child.withLock { $0 } }

    /// Prepares the folder, runs `init`, and serves.
    ///
    /// - Parameters:
    ///   - settings: laid over the test's `relay.yaml`, key by key.
    ///   - data: the data folder, where it is not to be in the scratch folder.
    init(_ settings: JSONObject = [:], data: String? = nil, serve: Bool = true) async throws {
        folder = try Scratch("relay")
        self.data = data ?? folder / "data"
        port = try FreePort.next()
        adminPort = try FreePort.next()
        let certificates = try Certificates.shared.get()
        var configuration: JSONObject = [
            "listen": .string("127.0.0.1:\(port)"),
            "public_url": .string("https://localhost:\(port)"),
            "tls": ["certificate_chain": .string(certificates.chain), "private_key": .string(certificates.key)],
            "admin": ["listen": .string("127.0.0.1:\(adminPort)")],
            "data_dir": .string(self.data),
            "vault": ["master_key_file": .string(folder / "master.key")],
            "shutdown_grace": "5s",
        ]
        for (key, value) in settings { configuration[key] = value }
        configurationFile = try folder.write("relay.yaml", JSON.object(configuration).text(pretty: true))
        let made = try await ChildProcess.run(
            Binaries.relay,
            ["init", "--config", configurationFile, "--operator-token-file", folder / "operator-token"])
        guard made.end == .exit(0) else { throw TestFailure("init: \(made.end) \(made.errors)") }
        operatorToken = text(of: folder / "operator-token").trimmingCharacters(in: .whitespacesAndNewlines)
        if serve { try await start() }
    }

    /// Starts `serve`, again or for the first time, and waits until it is ready.
    ///
    /// - Parameter wrapper: a command that starts it, as in `["/usr/bin/strace", "-f"]`.
    func start(logLevel: String = "info", wrapper: [String] = []) async throws {
        let command =
            wrapper + [Binaries.relay, "serve", "--config", configurationFile, "--log-level", logLevel]
        let process = try ChildProcess.start(command[0], Array(command.dropFirst()), log: log)
        child.withLock { $0 = process }
        try await Readiness.wait(port: adminPort, of: process)
    }

    /// SIGKILL, and its end.
    func kill() async throws { try await process?.killed() }

    /// SIGTERM, and its end.
    @discardableResult
    func stop() async throws -> ChildProcess.End? {
        process?.kill(SIGTERM)
        return try await process?.ended()
    }

    /// A subcommand over this relay's data.
    func command(_ arguments: String...) async throws -> (end: ChildProcess.End, output: String, errors: String) {
        try await ChildProcess.run(Binaries.relay, arguments + ["--config", configurationFile])
    }
}
