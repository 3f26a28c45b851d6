import Failure
import NIOCore

/// Tells a client that speaks plain HTTP to the TLS port what to do instead, where TLS would only break off. Stands
/// before the TLS handler, and leaves when the first byte is a TLS client's.
final class PlainTextDoor: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let limits: PortLimits
    private var linger: Linger?
    private var timer: Scheduled<Void>?

    init(limits: PortLimits) {
        self.limits = limits
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if linger != nil {
            guard linger?.received(bytes.readableBytes, now: .now()) == true else { return context.close(promise: nil) }
            return
        }
        // A handshake record begins with 22 (RFC 8446, section 5.1), an HTTP request with its method's first letter.
        guard let first = bytes.readableBytesView.first, UInt8(ascii: "A")...UInt8(ascii: "Z") ~= first else {
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            return
        }
        let linger = Linger(limits, now: .now())
        self.linger = linger
        let isHead = bytes.readableBytesView.starts(with: "HEAD ".utf8)
        context.writeAndFlush(wrapOutboundOut(Self.answer(hasBody: !isHead)), promise: nil)
        context.close(mode: .output, promise: nil)
        watch(linger.deadline, context)
    }

    private static func answer(hasBody: Bool) -> ByteBuffer {
        let failure = CallFailure(
            .invalidRequest, stage: .relay,
            detail: "This port speaks HTTPS only. Send the request to https:// instead of http://.")
        let body = Problem(failure, requestID: RequestID.generate().description).bytes()
        var answer = ByteBuffer(
            string: "HTTP/1.1 400 Bad Request\r\ncontent-type: \(Problem.mediaType)\r\n"
                + "content-length: \(body.count)\r\nconnection: close\r\n\r\n")
        if hasBody { answer.writeBytes(body) }
        return answer
    }

    private func watch(_ deadline: NIODeadline, _ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            guard let linger = self.linger else { return }
            if linger.deadline <= .now() { context.close(promise: nil) } else { self.watch(linger.deadline, context) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }
}
