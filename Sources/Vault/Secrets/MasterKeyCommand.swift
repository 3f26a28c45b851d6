#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A program that prints the master key: a cloud's key service, a hardware token, a password manager.
///
/// It gets no input, its environment is the relay's, and its standard error goes nowhere: what such programs complain
/// about may hold the key. Neither its output nor its arguments enter an error.
package struct MasterKeyCommand: Sendable, Hashable {
    private let arguments: [String]

    /// A program and its arguments; it is looked for in `PATH`.
    package init(arguments: [String]) {
        self.arguments = arguments
    }

    /// A line for `/bin/sh -c`.
    package init(shell line: String) {
        self.init(arguments: ["/bin/sh", "-c", line])
    }

    private var source: String { "master_key_command" }

    /// Runs it and reads 32 raw bytes, or their base64 text, from its standard output. Blocks.
    ///
    /// - Parameter timeout: seconds, after which it is killed.
    ///
    /// Throws `VaultError.badMasterKey` when it cannot be started, fails, takes too long, or prints anything else.
    package func load(timeout: Int = 30) throws(VaultError) -> MasterKey {
        guard let program = arguments.first, !program.isEmpty else {
            throw VaultError(.badMasterKey, "\(source) names no program.")
        }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw failure("cannot be run: \(Self.describe(errno))") }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let child = spawn(program, output: ends[1])
        let spawnError = errno
        close(ends[1])
        guard let child else { throw failure("cannot be run: \(Self.describe(spawnError))") }

        var content = [UInt8](repeating: 0, count: MasterKey.longestText)
        defer { wipe(&content) }
        let end = Self.seconds() + timeout
        let filled = Self.read(ends[0], into: &content, until: end)
        guard let filled, let status = Self.wait(for: child, until: end) else {
            // Its whole group: a shell's own children would keep running.
            kill(-child, SIGKILL)
            _ = Self.wait(for: child, until: .max)
            throw failure("printed no key within \(timeout) s")
        }
        guard status == 0 else {
            let isSignal = status & 0x7F != 0
            throw failure(isSignal ? "was ended by signal \(status & 0x7F)" : "failed with exit code \(status >> 8)")
        }
        var output = Array(content[..<filled])
        defer { wipe(&output) }
        var bytes = MasterKey.decode(output)
        defer { wipe(&bytes) }
        guard bytes.count == MasterKey.length else {
            throw failure("did not print a master key: expected 32 raw bytes or their base64 text")
        }
        return try MasterKey(bytes: bytes, source: source)
    }

    private func failure(_ reason: String) -> VaultError {
        VaultError(.badMasterKey, "\(source) \(reason).")
    }

    /// Starts the program in a process group of its own; `nil` with `errno` set when it cannot.
    private func spawn(_ program: String, output: Int32) -> pid_t? {
        var files = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&files)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&files)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        var argv = arguments.map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var child: pid_t = 0
        let error = posix_spawnp(&child, program, &files, &attributes, &argv, environ)
        errno = error
        return error == 0 ? child : nil
    }

    /// Reads to the end of the output; `nil` when that takes too long. What does not fit is dropped: it is no key.
    private static func read(_ descriptor: Int32, into content: inout [UInt8], until end: Int) -> Int? {
        var filled = 0
        while true {
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let left = end - seconds()
            guard left > 0 else { return nil }
            let ready = poll(&poller, 1, Int32(clamping: left * 1000))
            if ready < 0 && errno == EINTR { continue }
            guard ready > 0 else { return nil }
            // The last byte is only to see that there is too much.
            let start = min(filled, content.count - 1)
            let room = content.count - start
            let got = content.withUnsafeMutableBytes { unistdRead(descriptor, $0.baseAddress.map { $0 + start }, room) }
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { return filled }
            filled = start + got
        }
    }

    /// The exit status; `nil` when it does not end in time.
    private static func wait(for child: pid_t, until end: Int) -> Int32? {
        while true {
            var status: Int32 = 0
            let ended = waitpid(child, &status, end == .max ? 0 : WNOHANG)
            if ended == child { return status }
            if ended < 0 && errno != EINTR { return nil }
            guard seconds() < end else { return nil }
            // Its output is closed, so it ends any moment; there is nothing to poll for that.
            usleep(1000)
        }
    }

    private static func seconds() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int(now.tv_sec)
    }

    private static func describe(_ error: Int32) -> String { String(cString: strerror(error)) }
}

/// `read(2)`, which a method's own name would hide.
private func unistdRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
