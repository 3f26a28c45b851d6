import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A process of the demo: in a process group of its own, so that Ctrl-C on the terminal reaches the demo alone, which
/// then ends its children in order.
final class ChildProcess: Sendable {
    let name: String
    let pid: pid_t
    /// Where its output goes; nil when it shares this process's standard error.
    let log: String?
    private let status = Mutex<Int32?>(nil)

    private init(name: String, pid: pid_t, log: String?) {
        self.name = name
        self.pid = pid
        self.log = log
    }

    /// - Parameters:
    ///   - arguments: without the executable; everyone on the machine can read them, so no secrets.
    ///   - input: its standard input; nil is an empty one.
    static func start(
        _ name: String, _ executable: String, _ arguments: [String], log: String?, input: Int32? = nil
    ) throws(CommandFailure) -> ChildProcess {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        if let log {
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        } else {
            posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
        }
        if log != nil { posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO) }
        var attributes = attributes()
        defer { posix_spawnattr_destroy(&attributes) }

        var pid: pid_t = 0
        let code = withCStrings([executable] + arguments) { words in
            withCStrings(environment()) { variables in
                posix_spawn(&pid, executable, &actions, &attributes, words, variables)
            }
        }
        guard code == 0 else {
            throw CommandFailure(.failed, "cannot start \(executable): \(String(cString: strerror(code)))")
        }
        return ChildProcess(name: name, pid: pid, log: log)
    }

    /// How it ended, in words; nil while it runs.
    func ended() -> String? {
        status.withLock { status in
            if status == nil {
                var code: Int32 = 0
                if waitpid(pid, &code, WNOHANG) == pid { status = code }
            }
            return status.map(Self.words)
        }
    }

    /// Whether it ended by itself with exit code 0.
    var succeeded: Bool {
        _ = ended()
        return status.withLock { $0 == 0 }
    }

    /// Asks it to end.
    func terminate() {
        status.withLock { status in
            if status == nil { kill(-pid, SIGTERM) }
        }
    }

    /// Waits until it has ended; after `grace` it is killed. Blocks: for the end of a demo, where nothing else runs.
    func reap(grace: Duration) {
        let deadline = ContinuousClock.now + grace
        while ended() == nil {
            if ContinuousClock.now >= deadline { status.withLock { if $0 == nil { kill(-pid, SIGKILL) } } }
            poll(nil, 0, 10)
        }
    }

    private static func words(_ status: Int32) -> String {
        let signal = status & 0x7F
        return signal == 0 ? "exit code \((status >> 8) & 0xFF)" : "signal \(signal)"
    }

    /// Its own group, and the signals as a process expects to find them.
    private static func attributes() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = Int32(POSIX_SPAWN_SETPGROUP) | Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        return attributes
    }

    /// Only what a process needs to run: no `PENSTOCK_…` and no proxy of the user's reaches the demo.
    private static func environment() -> [String] {
        Environment.values(of: ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH"]).map {
            "\($0.key)=\($0.value)"
        }
    }

    private static func withCStrings<Result>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = texts.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}
