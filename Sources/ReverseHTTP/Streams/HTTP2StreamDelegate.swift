package import NIOCore
package import NIOHTTP1

/// Why a stream ended.
package enum StreamCloseReason: Sendable, Equatable {
    /// Both sides said all they had to say, or the server answered whole and let the rest of the request go.
    case finished
    /// One side reset the stream.
    case reset(HTTP2ErrorCode, byPeer: Bool)
    /// The peer provably did not process the stream: REFUSED_STREAM, or above GOAWAY's last stream id.
    case refused
    /// The peer broke the protocol on this stream (RFC 9113, section 8.1.1), and it was reset for that.
    case malformed
    /// The stream's deadline passed.
    case timedOut
    /// The session went away under it.
    case sessionClosed
}

/// Hears what happens on one stream. Every call comes on the session's event loop, and from inside the session's
/// read: a delegate may call the stream's methods at once.
package protocol HTTP2StreamDelegate: AnyObject {
    /// The final response head came (client role only; informational responses are passed over).
    func stream(_ stream: HTTP2Stream, receivedHead head: ResponseHead)

    /// Bytes came. Their credit goes back to the peer only by ``HTTP2Stream/consume(_:)``.
    func stream(_ stream: HTTP2Stream, receivedData data: ByteBuffer)

    /// The peer's side ended, with trailers if it sent some.
    func stream(_ stream: HTTP2Stream, receivedEnd trailers: HTTPHeaders?)

    /// The queue of outgoing bytes fell below its low-water mark after ``HTTP2Stream/isWritable`` was false.
    func streamBecameWritable(_ stream: HTTP2Stream)

    /// The stream is gone. The last call, made exactly once.
    func streamClosed(_ stream: HTTP2Stream, reason: StreamCloseReason)
}

extension HTTP2StreamDelegate {
    package func stream(_ stream: HTTP2Stream, receivedHead head: ResponseHead) {}
    package func streamBecameWritable(_ stream: HTTP2Stream) {}
}
