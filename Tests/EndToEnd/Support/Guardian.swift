import Foundation

/// A process that outlives the tests by a moment: it kills what they left running and removes the folders they left,
/// however they ended. It learns of the end from its standard input.
enum Guardian {
    private static let script = """
        trap '' INT TERM HUP
        pids= folders=
        while read -r word value; do
            case $word in
            child) pids="$pids $value" ;;
            ended)
                left=
                for pid in $pids; do [ "$pid" = "$value" ] || left="$left $pid"; done
                pids=$left ;;
            folder) folders="$folders $value" ;;
            esac
        done
        [ -z "$pids" ] || kill -9 $pids
        [ -z "$folders" ] || rm -rf -- $folders
        """

    /// The pipe's end that is written to; closed by the kernel when the tests end.
    private static let pipe: Int32 = {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { return -1 }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let words = ["/bin/sh", "-c", script].map { (word: String) in strdup(word) }
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, "/bin/sh", &actions, &attributes, words + [nil], environ)
        close(ends[0])
        return code == 0 ? ends[1] : -1
    }()

    static func child(_ pid: pid_t) { tell("child \(pid)\n") }
    static func ended(_ pid: pid_t) { tell("ended \(pid)\n") }
    /// - Parameter path: without spaces.
    static func folder(_ path: String) { tell("folder \(path)\n") }

    /// One short write, which a pipe keeps whole.
    private static func tell(_ line: String) {
        let bytes = Array(line.utf8)
        _ = write(pipe, bytes, bytes.count)
    }
}
