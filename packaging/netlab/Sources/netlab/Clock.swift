import Glibc

/// A span of time, or an instant on the monotonic clock, in nanoseconds.
typealias Nanoseconds = Int64

/// The present instant on the monotonic clock.
func monotonicNow() -> Nanoseconds {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Nanoseconds(time.tv_sec) * 1_000_000_000 + Nanoseconds(time.tv_nsec)
}
