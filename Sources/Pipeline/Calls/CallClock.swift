package import NIOCore

/// The time, as calls need it.
package struct CallClock: Sendable {
    /// Microseconds since 1970.
    package var wall: @Sendable () -> Int64
    package var monotonic: @Sendable () -> NIODeadline
    /// Throws when the task is cancelled.
    package var sleep: @Sendable (TimeAmount) async throws -> Void

    package init(
        wall: @escaping @Sendable () -> Int64, monotonic: @escaping @Sendable () -> NIODeadline = { .now() },
        sleep: @escaping @Sendable (TimeAmount) async throws -> Void = {
            try await Task.sleep(for: .nanoseconds($0.nanoseconds))
        }
    ) {
        self.wall = wall
        self.monotonic = monotonic
        self.sleep = sleep
    }
}
