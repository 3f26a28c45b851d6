package import NIOCore
package import NIOHTTP1

/// One stream of a session, in either role. Confined to the session's event loop.
package final class HTTP2Stream {
    /// The stream id (RFC 9113, section 5.1.1).
    package internal(set) var id: Int32
    package let eventLoop: any EventLoop
    package var delegate: (any HTTP2StreamDelegate)?

    /// Outgoing bytes above this make ``isWritable`` false.
    static let highWaterMark = 256 << 10
    static let lowWaterMark = 64 << 10

    /// It forgets its streams when they close, and closes them all before it goes.
    let session: SessionHandler
    var outbound = OutboundQueue()
    var flow: StreamFlow
    var incoming = IncomingHead()
    /// When its HEADERS came (server role).
    var opened = NIODeadline.uptimeNanoseconds(0)
    var deadline: NIODeadline?
    /// The deadline is for the response's head only; a body may take longer.
    var deadlineEndsAtHead = false
    /// As in ``CallDeadline/idle``.
    var idle: TimeAmount?
    /// Why we reset it, when the wire's error code would not say.
    var localReason: StreamCloseReason?
    /// The response's head is on its way (server role).
    var hasResponded = false
    var remoteEnded = false
    var localEnded = false
    var isClosed = false
    var wasUnwritable = false
    /// nghttp2 waits for ``SessionHandler/resume(_:)`` before it asks for this stream's bytes again.
    var isDeferred = false

    init(id: Int32, session: SessionHandler, eventLoop: any EventLoop, window: Int) {
        self.id = id
        self.session = session
        self.eventLoop = eventLoop
        self.flow = StreamFlow(window: window)
    }

    /// Whether the producer should go on: false while more than 256 KiB wait to leave.
    package var isWritable: Bool {
        outbound.bytes < Self.highWaterMark
    }

    /// Bytes that wait to leave.
    package var queuedBytes: Int {
        outbound.bytes
    }

    /// Bytes that were received and whose credit has not been returned.
    package var unconsumedBytes: Int {
        flow.unconsumed
    }

    /// Sends the response head (server role).
    package func respond(_ head: ResponseHead, endStream: Bool = false) {
        respond(status: head.status, fields: FieldBlock(head.headers), endStream: endStream)
    }

    /// Sends the response head (server role). The fields go out as they are: whoever makes them answers for their being
    /// valid in HTTP/2 (RFC 9113, section 8.2).
    package func respond(status: Int, fields: FieldBlock, endStream: Bool = false) {
        guard !isClosed, !localEnded else { return }
        hasResponded = true
        if endStream { localEnded = true }
        session.submitResponse(status: status, fields, endStream: endStream, on: self)
    }

    /// Queues bytes of the body; they leave at the end of the event-loop turn as windows allow.
    package func write(_ buffer: ByteBuffer) {
        guard !isClosed, !localEnded, buffer.readableBytes > 0 else { return }
        outbound.append(buffer)
        if !isWritable { wasUnwritable = true }
        session.resume(self)
    }

    /// Ends our side of the stream.
    package func end(trailers: HTTPHeaders? = nil) {
        end(trailers: trailers.map { FieldBlock($0) })
    }

    /// Ends our side of the stream.
    package func end(trailers: FieldBlock?) {
        guard !isClosed, !localEnded else { return }
        localEnded = true
        outbound.finish(trailers: trailers)
        session.resume(self)
    }

    /// Ends the stream at once; what is queued is dropped.
    package func reset(_ code: HTTP2ErrorCode) {
        guard !isClosed else { return }
        session.submitReset(code, on: self)
    }

    /// Returns flow-control credit for bytes that have left on the other side (RFC 9113, section 6.9).
    package func consume(_ bytes: Int) {
        guard bytes > 0, !isClosed else { return }
        session.consume(bytes, on: self)
    }
}
