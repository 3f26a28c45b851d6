import Foundation
import NIOHTTP1
import Synchronization
import Testing
import Value

/// What an operator has at hand beside the relay: sqlite3(1), and the credential that an origin was shown last.
enum Operator {
    /// Runs SQL in a database file with sqlite3(1); returns what it prints.
    @discardableResult
    static func sqlite(_ database: String, _ sql: String) async throws -> String {
        guard let tool = Binaries.tool("sqlite3") else { throw TestFailure("sqlite3 is not installed") }
        let run = try await ChildProcess.run(tool, ["-bail", "-cmd", ".timeout 5000", database, sql])
        guard run.end == .exit(0) else { throw TestFailure("sqlite3: \(run.errors)") }
        return run.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// All bytes of a database: its file and SQLite's log.
    static func bytes(of database: String) -> Data {
        [database, database + "-wal"].reduce(Data()) { $0 + (FileManager.default.contents(atPath: $1) ?? Data()) }
    }

    /// The bytes that hexadecimal digits stand for.
    static func data(hex: some StringProtocol) -> Data {
        var data = Data()
        var rest = hex[...]
        while rest.count >= 2, let byte = UInt8(rest.prefix(2), radix: 16) {
            data.append(byte)
            rest = rest.dropFirst(2)
        }
        return data
    }

    static func mode(of file: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int) ?? 0
    }
}

extension Stage {
    /// The API key that the origin was shown last.
    var shownKey: String? { origin.seen.last?.headers.first(name: "x-api-key") }

    /// A call with the credential it has to have.
    func expectCall(
        key: String, slug: String = Stage.slug, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await call("hello", slug: slug)
        #expect(answer.status == 200, "\(answer)", sourceLocation: sourceLocation)
        #expect(shownKey == key, sourceLocation: sourceLocation)
    }

    /// Calls without a pause while `body` runs; none may fail, or be made with another credential than `key`.
    func whileCalling<Value: Sendable>(
        key: String, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        let end = EndOfCalls()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var calls = 0
                    while calls == 0 || !end.isHere.load(ordering: .acquiring) {
                        let answer = try await call("hello")
                        guard answer.status == 200 else { throw TestFailure("a call failed: \(answer)") }
                        calls += 1
                    }
                }
            }
            defer { end.isHere.store(true, ordering: .releasing) }
            let value = try await body()
            end.isHere.store(true, ordering: .releasing)
            try await group.waitForAll()
            #expect(origin.seen.allSatisfy { $0.headers.first(name: "x-api-key") == key })
            return value
        }
    }
}

private final class EndOfCalls: Sendable {
    let isHere = Atomic<Bool>(false)
}

/// Kills a command at its `step`-th system call that changes a file or makes a change durable.
struct StepKiller {
    let strace: String

    init?() {
        guard let strace = Binaries.tool("strace") else { return nil }
        self.strace = strace
    }

    /// - Returns: how it ended; `.signal(SIGKILL)`, or as it ends by itself where it has fewer steps.
    func run(_ step: Int, _ arguments: [String]) async throws -> (
        end: ChildProcess.End, output: String, errors: String
    ) {
        let calls = "write,pwrite64,ftruncate,fdatasync,fsync,rename,link,unlink"
        return try await ChildProcess.run(
            strace,
            [
                "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(calls)", "-e",
                "inject=\(calls):signal=SIGKILL:when=\(step)",
            ]
                + [Binaries.relay] + arguments)
    }
}
