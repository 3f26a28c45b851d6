import NIOCore
import NIOHTTP1

/// Lets nothing of an answer to HEAD leave but its head (RFC 9110, section 9.3.2).
///
/// NIO's encoder does not know what was asked: where the head says no length, it ends the body that is not there with an
/// empty chunk, and the client takes that for the beginning of the next answer.
final class HeadAnswerHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Of each request that is not answered, whether it is a HEAD.
    private var isHead = CircularBuffer<Bool>(initialCapacity: 2)

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data) { isHead.append(head.method == .HEAD) }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = unwrapOutboundIn(data)
        let isAnswerToHead = isHead.first ?? false
        if case .end = part, !isHead.isEmpty { isHead.removeFirst() }
        if case .head = part { return context.write(data, promise: promise) }
        guard isAnswerToHead else { return context.write(data, promise: promise) }
        promise?.succeed()
    }
}
