package import Logging
package import NIOCore

/// A session in which we answer: the connector's end of a tunnel.
package final class ServerSession: Sendable {
    /// Called on the loop for each request; the delegate it returns hears the rest of the stream. When the last
    /// argument is true the request has no body, and only its end follows.
    package typealias RequestHandler = (HTTP2Stream, RequestHead, Bool) -> any HTTP2StreamDelegate

    package let channel: any Channel
    private let handler: NIOLoopBound<SessionHandler>
    private let gauge: SessionGauge

    /// Adds the session to the end of the channel's pipeline; call on its event loop.
    package init(
        on channel: any Channel, configuration: SessionConfiguration = .defaults, logger: Logger,
        handler: @escaping RequestHandler
    ) throws {
        let gauge = SessionGauge()
        let session = SessionHandler(
            role: .server(handler), configuration: configuration, eventLoop: channel.eventLoop, gauge: gauge,
            logger: logger)
        self.channel = channel
        self.gauge = gauge
        self.handler = NIOLoopBound(session, eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHandler(session)
    }

    package var closeFuture: EventLoopFuture<Void> { channel.closeFuture }

    /// Requests being answered.
    package var streamsInFlight: Int { gauge.streams }

    /// The last measured round trip to the relay.
    package var roundTrip: TimeAmount? { gauge.roundTrip }

    /// Why it ended, in a few words; on the event loop only.
    package var endReason: String { handler.value.endReason ?? "the peer closed the connection" }

    /// Calls `listener` once when the peer says GOAWAY.
    package func onPeerLeaving(_ listener: @escaping @Sendable () -> Void) {
        gauge.onPeerLeaving(listener)
    }

    /// Takes no new requests, lets those in flight finish within the grace, then closes.
    ///
    /// - Parameter grace: instead of the configured one. The shortest of several counts.
    package func drain(grace: TimeAmount? = nil) {
        channel.eventLoop.execute { self.handler.value.startDrain(grace: grace) }
    }

    /// Closes at once.
    package func close() {
        channel.close(promise: nil)
    }
}
