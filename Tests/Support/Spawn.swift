import CSpawn
import Glibc

/// Starts programs so that they share nothing with each other.
///
/// A child gets three descriptors and no other. One that inherits the end of another child's pipe keeps that pipe open
/// for as long as it lives, and whoever reads the pipe to its end waits for the wrong program. Foundation's `Process`
/// leaves a moment in which that happens, to its pipes and to the socket by which it learns of a child's end.
enum Spawn {
    /// Where a child's standard output and standard error go.
    enum Output {
        /// Both to a descriptor.
        case descriptor(Int32)
        /// Both appended to a file.
        case log(String)
        /// Each to a file; the first is replaced, the second appended to.
        case files(output: String, errors: String)
    }

    /// - Parameters:
    ///   - name: looked for in `PATH`, unless it has a slash.
    ///   - folder: its working folder; nil is the tests' own.
    ///   - environment: `NAME=value`; nil is the tests' own.
    static func start(
        _ name: String, _ arguments: [String], in folder: String?, environment: [String]?, output: Output
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        switch output {
        case .descriptor(let descriptor):
            posix_spawn_file_actions_adddup2(&actions, descriptor, STDOUT_FILENO)
            posix_spawn_file_actions_adddup2(&actions, descriptor, STDERR_FILENO)
        case .log(let log):
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
        case .files(let output, let errors):
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        if let folder { posix_spawn_file_actions_addchdir_np(&actions, folder) }
        return try start(name, arguments, environment, &actions)
    }

    /// Starts a child of which nothing is wanted but that it reads `input`.
    static func start(_ name: String, _ arguments: [String], input: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        return try start(name, arguments, nil, &actions)
    }

    private static func start(
        _ name: String, _ arguments: [String], _ environment: [String]?, _ actions: inout posix_spawn_file_actions_t
    ) throws -> pid_t {
        posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The thread that starts it may have signals blocked, which a child would inherit.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK))
        let words = ([name] + arguments).map { strdup($0) }
        let values = environment?.map { strdup($0) } ?? []
        defer { for pointer in words + values { free(pointer) } }
        var pid: pid_t = 0
        let code =
            environment == nil
            ? posix_spawnp(&pid, name, &actions, &attributes, words + [nil], environ)
            : posix_spawnp(&pid, name, &actions, &attributes, words + [nil], values + [nil])
        guard code == 0 else { throw Program.Failure("cannot start \(name): \(String(cString: strerror(code)))") }
        return pid
    }
}

/// A pipe that no child inherits.
package func closedPipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw Program.Failure("no pipe: \(String(cString: strerror(errno)))") }
    return (ends[0], ends[1])
}
