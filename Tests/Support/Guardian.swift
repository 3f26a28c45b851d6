import Glibc

/// A process that outlives the tests by a moment: it kills what they left running and removes the folders they left,
/// however they ended. It learns of the end from its standard input.
package enum Guardian {
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
        guard let (reading, writing) = try? closedPipe() else { return -1 }
        defer { close(reading) }
        return (try? Spawn.start("/bin/sh", ["-c", script], input: reading)) == nil ? -1 : writing
    }()

    package static func child(_ pid: pid_t) { tell("child \(pid)\n") }
    package static func ended(_ pid: pid_t) { tell("ended \(pid)\n") }
    /// - Parameter path: without spaces.
    package static func folder(_ path: String) { tell("folder \(path)\n") }

    /// One short write, which a pipe keeps whole.
    private static func tell(_ line: String) {
        let bytes = Array(line.utf8)
        _ = write(pipe, bytes, bytes.count)
    }
}
