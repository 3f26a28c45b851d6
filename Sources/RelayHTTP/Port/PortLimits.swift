package import NIOCore

/// What a connection may take before, and apart from, the calls it carries (T15).
package struct PortLimits: Sendable {
    /// From the accept to the end of the TLS handshake. Default 10 s.
    package var handshake: TimeAmount = .seconds(10)
    /// From the first byte of a request's head to its last, and from the handshake to the end of the first head.
    /// Default 10 s.
    package var head: TimeAmount = .seconds(10)
    /// Between two requests of a connection, and between two pieces of a request's body. Default 75 s.
    package var idle: TimeAmount = .seconds(75)
    /// How long an HTTP/2 connection may be silent in both directions, whatever it has open. Default 10 min.
    package var silence: TimeAmount = .minutes(10)
    /// How long an answer may wait while nothing of it is read. Default 60 s.
    package var unwritten: TimeAmount = .seconds(60)
    /// How many bytes of a request are read past after its answer. Default 64 MiB.
    package var lingerBytes = 64 << 20
    /// How long they may take. Default 30 s.
    package var linger: TimeAmount = .seconds(30)
    /// How long none of them may come. Default 2 s.
    package var lingerSilence: TimeAmount = .seconds(2)
    /// One head with its request line, in bytes. Default 64 KiB.
    package var headerBytes = 64 << 10
    /// One field's name or value, or the request target, in bytes. Default 32 KiB.
    package var headerFieldBytes = 32 << 10
    /// Fields of one head. Default 100.
    package var headerFields = 100
    /// How long an HTTP/2 connection that was told to leave may finish its streams. Default 30 s.
    package var drain: TimeAmount = .seconds(30)

    package init() {}

    package static let defaults = PortLimits()
}
