import Glibc
import Synchronization

/// Turns signals into bytes on a pipe, so that the loop sees them among its descriptors.
enum SignalPipe {
    private static let writeEnd = Atomic<CInt>(-1)

    /// Catches SIGUSR1, SIGUSR2, SIGINT, SIGTERM and SIGHUP; returns the descriptor their numbers are read from.
    static func open() throws(LabError) -> CInt {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .system("cannot make a pipe for signals") }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        writeEnd.store(ends[1], ordering: .sequentiallyConsistent)
        for number in [SIGUSR1, SIGUSR2, SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in
                let saved = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(SignalPipe.writeEnd.load(ordering: .sequentiallyConsistent), &byte, 1)
                errno = saved
            }
        }
        signal(SIGPIPE, SIG_IGN)
        return ends[0]
    }
}
