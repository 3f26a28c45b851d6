import NIOCore

/// Closes a channel from the place in its pipeline at which it is added, past the handlers behind it.
final class SocketCloser: ChannelOutboundHandler {
    typealias OutboundIn = Never

    func handlerAdded(context: ChannelHandlerContext) {
        context.close(promise: nil)
    }
}
