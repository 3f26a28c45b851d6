package import NIOCore

/// The time, as calls need it.
package struct CallClock: Sendable {
    /// Microseconds since 1970.
    package var wall: @Sendable () -> Int64
    package var monotonic: @Sendable () -> NIODeadline

    package init(wall: @escaping @Sendable () -> Int64, monotonic: @escaping @Sendable () -> NIODeadline = { .now() }) {
        self.wall = wall
        self.monotonic = monotonic
    }
}
