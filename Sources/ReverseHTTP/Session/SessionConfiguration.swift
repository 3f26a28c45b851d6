package import NIOCore

/// How a session behaves, in either role.
package struct SessionConfiguration: Sendable {
    /// Streams the peer may have open at once; advertised in SETTINGS. Default 512.
    package var concurrentStreams = 512
    /// Decoded size of one header list, in bytes. Default 64 KiB.
    package var headerListBytes = 64 << 10
    /// Receive window of the whole connection, in bytes. Default 32 MiB.
    package var connectionWindow = 32 << 20
    /// Receive window a stream starts with, in bytes; it grows to 4 MiB while its reader keeps up. Default 256 KiB.
    package var streamWindow = 256 << 10
    /// Silence before a PING, and then how long its answer may take. Default 4 s and 4 s.
    package var keepalive = Keepalive.Configuration()
    /// How often the peer may do what costs it nothing and us something.
    package var budgets = AbuseBudget.Configuration()
    /// How long streams may take to finish once the session drains. Default 30 s.
    package var drainGrace: TimeAmount = .seconds(30)
    /// How long a server that drains still takes requests that were on their way. Default 1 s.
    package var drainNotice: TimeAmount = .seconds(1)
    /// The clock of budgets, keepalive and deadlines.
    package var now: @Sendable () -> NIODeadline = { .now() }

    package init() {}

    package static let defaults = SessionConfiguration()
}
