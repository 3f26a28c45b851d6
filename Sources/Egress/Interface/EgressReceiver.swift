package import NIOCore
package import NIOHTTP1

/// Gets what becomes of one request, on the event loop that the request was started on.
///
/// ``egressEnded(_:)`` is called exactly once and comes last. Whatever is ready at one time comes in one turn of the loop.
/// The call holds its receiver until then.
package protocol EgressReceiver: AnyObject {
    /// The API has answered. Called at most once.
    func egressAnswered(_ answer: EgressAnswer)

    /// Some of the body, where the answer said that it is streamed. Never empty. ``EgressCall/pause()`` holds the rest back.
    func egressReceived(_ bytes: ByteBuffer)

    /// What ``EgressCall/send(_:)`` was given has left, or is not wanted any more: the next piece may follow.
    func egressWantsBody()

    /// The exchange is over.
    ///
    /// - Parameter error: why it has no answer or only part of one; nil where all of it was handed over.
    func egressEnded(_ error: EgressError?)
}

/// An API's answer without what is still to come of its body.
package struct EgressAnswer: Sendable {
    /// 0 for a connection that was only tried.
    package var status: Int
    package var httpVersion: HTTPVersion
    package var headers: HTTPHeaders
    package var body: Body
    /// The address of the other end: the API's, or the outbound proxy's.
    package var remoteAddress: String
    /// The connection had carried another request before.
    package var isReused: Bool
    package var timings: EgressTimings
    /// When the API's certificate expires, in seconds since 1970; nil without a TLS handshake for this request.
    package var certificateExpiry: Int64?

    package enum Body: Sendable {
        /// It has arrived whole.
        case whole(ByteBuffer?)
        /// ``EgressReceiver/egressReceived(_:)`` brings it.
        case streamed
    }
}
