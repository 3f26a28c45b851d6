import NIOCore
import ReverseHTTP

/// Keeps an error of one stream from ending its connection (RFC 9113, section 5.4.2), and lets no error end a connection
/// without GOAWAY. Sits behind the HTTP/2 handler, whose errors do not say which of the two they are: for a stream's it
/// has just sent RST_STREAM, for a connection's GOAWAY.
final class HTTP2ErrorFilter: ChannelInboundHandler {
    typealias InboundIn = Any

    private let guardian: HTTP2Guard

    init(_ guardian: HTTP2Guard) {
        self.guardian = guardian
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch guardian.lastSent {
        case HTTP2FrameWatch.Kind.resetStream: return
        case HTTP2FrameWatch.Kind.goAway: break
        default: guardian.leave(.internalError)
        }
        context.fireErrorCaught(error)
    }
}
