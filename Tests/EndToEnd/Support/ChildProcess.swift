import Foundation
import Synchronization

/// A process that a test starts; killed when its last owner goes.
final class ChildProcess: Sendable {
    /// How a process ended.
    enum End: Sendable, Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    private final class Life: Sendable {
        struct State {
            var end: End?
            var waiters: [CheckedContinuation<End, Never>] = []
        }
        let state = Mutex(State())
    }

    let pid: pid_t
    /// Where standard output and standard error go.
    let log: String
    private let life: Life

    private init(pid: pid_t, log: String, life: Life) {
        self.pid = pid
        self.log = log
        self.life = life
    }

    deinit { kill(SIGKILL) }

    /// - Parameters:
    ///   - log: appended to; standard output and standard error, unless `output` takes the former.
    ///   - environment: added to the few variables that every process needs.
    static func start(
        _ executable: String, _ arguments: [String], log: String, output: String? = nil,
        environment: [String: String] = [:]
    ) throws -> ChildProcess {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        if let output {
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        } else {
            posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK))

        var variables = environment
        for name in ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "PENSTOCK_TEST_RUN"]
        where variables[name] == nil {
            variables[name] = ProcessInfo.processInfo.environment[name]
        }
        keepDescriptors()
        var pid: pid_t = 0
        let words = ([executable] + arguments).map { strdup($0) }
        let values = variables.map { strdup("\($0.key)=\($0.value)") }
        defer { for pointer in words + values { free(pointer) } }
        let code = posix_spawn(&pid, executable, &actions, &attributes, words + [nil], values + [nil])
        guard code == 0 else { throw TestFailure("cannot start \(executable): \(String(cString: strerror(code)))") }
        Guardian.child(pid)
        let life = Life()
        let child = pid
        Thread.detachNewThread { Self.reap(child, life) }
        return ChildProcess(pid: pid, log: log, life: life)
    }

    /// The sockets of the tests are not the child's: a connection that the test closes would live on in it.
    private static func keepDescriptors() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
            if let descriptor = Int32(name), descriptor > 2 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        }
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

    private static func reap(_ pid: pid_t, _ life: Life) {
        var info = siginfo_t()
        // Seen first and reaped under the lock, so that nobody signals a stranger with the same number.
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let waiters = life.state.withLock { state -> ([CheckedContinuation<End, Never>], End) in
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            let end: End = status & 0x7F == 0 ? .exit((status >> 8) & 0xFF) : .signal(status & 0x7F)
            state.end = end
            Guardian.ended(pid)
            defer { state.waiters = [] }
            return (state.waiters, end)
        }
        for waiter in waiters.0 { waiter.resume(returning: waiters.1) }
    }

    /// How it ended; nil while it runs.
    var end: End? { life.state.withLock { $0.end } }

    /// Sends a signal, if it still runs.
    func kill(_ signal: Int32) {
        life.state.withLock { if $0.end == nil { _ = Glibc.kill(pid, signal) } }
    }

    /// Waits for its end; kills it, and throws, where that takes longer than `patience`.
    @discardableResult
    func ended(within patience: Duration = .seconds(30)) async throws -> End {
        let guardian = Task {
            try await Task.sleep(for: patience)
            kill(SIGKILL)
        }
        defer { guardian.cancel() }
        let started = ContinuousClock.now
        let end = await withCheckedContinuation { continuation in
            let known = life.state.withLock { state in
                if state.end == nil { state.waiters.append(continuation) }
                return state.end
            }
            if let known { continuation.resume(returning: known) }
        }
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
