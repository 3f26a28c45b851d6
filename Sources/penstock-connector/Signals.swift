import Connector
import Glibc
import Lines

/// The end of a pipe into which the signal handler writes: a handler may do little else (signal-safety(7)). Set once,
/// before the handler is.
nonisolated(unsafe) private var signalPipe: Int32 = -1

/// SIGTERM, SIGINT and SIGHUP, told to a closure on a thread of its own.
enum Signals {
    /// Calls `handler` with the number of each signal that comes from now on.
    static func take(_ handler: @escaping @Sendable (Int32) -> Void) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        signalPipe = ends[1]
        let reader = ends[0]
        let isStarted = OwnThread.run {
            var number: UInt8 = 0
            while true {
                let count = read(reader, &number, 1)
                if count == 1 {
                    handler(Int32(number))
                } else if count == 0 || errno != EINTR {
                    return
                }
            }
        }
        guard isStarted else { return }
        for number in [SIGTERM, SIGINT, SIGHUP] {
            signal(number) { number in
                let saved = errno
                var byte = UInt8(truncatingIfNeeded: number)
                write(signalPipe, &byte, 1)
                errno = saved
            }
        }
    }
}
