import Foundation
import TestSupport

/// A process of the product that a test starts, with its log; killed when its last owner goes.
final class ChildProcess: Sendable {
    /// How a process ended.
    enum End: Sendable, Equatable {
        case exit(Int32)
        case signal(Int32)

        fileprivate init(_ end: Program.End) {
            switch end {
            case .exit(let code): self = .exit(code)
            case .signal(let signal): self = .signal(signal)
            }
        }
    }

    /// Where standard output and standard error go.
    let log: String
    private let program: Program

    var pid: pid_t { program.pid }

    private init(_ program: Program, log: String) {
        self.program = program
        self.log = log
    }

    /// - Parameters:
    ///   - log: appended to; standard output and standard error, unless `output` takes the former.
    ///   - environment: added to the few variables that every process needs.
    static func start(
        _ executable: String, _ arguments: [String], log: String, output: String? = nil,
        environment: [String: String] = [:]
    ) throws -> ChildProcess {
        var variables = environment
        for name in ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "PENSTOCK_TEST_RUN"]
        where variables[name] == nil {
            variables[name] = ProcessInfo.processInfo.environment[name]
        }
        let program = try Program(
            executable, arguments, log: log, output: output, environment: variables.map { "\($0.key)=\($0.value)" })
        return ChildProcess(program, log: log)
    }

    /// Runs a command to its end.
    static func run(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> (end: End, output: String, errors: String) {
        let folder = try Scratch("run")
        let child = try start(
            executable, arguments, log: folder / "errors", output: folder / "output", environment: environment)
        let end = try await child.ended(within: .seconds(120))
        return (end, text(of: folder / "output"), text(of: folder / "errors"))
    }

    /// How it ended; nil while it runs.
    var end: End? { program.end.map { End($0) } }

    /// Sends a signal, if it still runs.
    func kill(_ signal: Int32) { program.kill(signal) }

    /// Waits for its end; kills it, and throws, where that takes longer than `patience`.
    @discardableResult
    func ended(within patience: Duration = .seconds(30)) async throws -> End {
        let guardian = Task {
            try await Task.sleep(for: patience)
            kill(SIGKILL)
        }
        defer { guardian.cancel() }
        let started = ContinuousClock.now
        let end = End(await program.ended())
        if end == .signal(SIGKILL), ContinuousClock.now - started >= patience {
            throw TestFailure("process \(pid) had to be killed; its log ends:\n\(logTail)")
        }
        return end
    }

    /// SIGKILL, and its end.
    func killed() async throws {
        kill(SIGKILL)
        _ = try await ended()
    }

    var logText: String { text(of: log) }
    var logTail: String { String(logText.suffix(3000)) }

    /// Proportional set size in bytes (proc(5), smaps_rollup).
    var pss: Int { memory("Pss:") }
    /// Resident set size in bytes.
    var rss: Int { memory("Rss:") }

    private func memory(_ field: String) -> Int {
        for line in procFile("smaps_rollup").split(separator: "\n") where line.hasPrefix(field) {
            return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
        }
        return 0
    }

    /// The text of a file below `/proc/PID`.
    func procFile(_ name: String) -> String {
        guard let file = fopen("/proc/\(pid)/\(name)", "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Its open descriptors.
    var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count) ?? 0
    }
}
