import EgressPolicy
import NIOCore
import NIOHTTP1
import NIOSSL
import NIOTLS

/// One HTTP/1.1 connection to an origin, the last handler of its pipeline. Confined to its event loop.
///
/// It reads from the origin only while the exchange it serves can pass bytes on, and it is open to another exchange
/// only after one that ended on both sides, with nothing left over.
final class OriginConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    let endpoint: OriginEndpoint
    let address: IPAddress
    /// As written in the audit.
    let addressText: String
    /// The rule under which it was dialled: another rule may ask for another TLS identity.
    let rule: Int
    /// The one whose request is on the wire.
    var exchange: Exchange?
    /// Hears once whether the connection came up.
    var whenReady: ((Failure?) -> Void)?
    /// Served an exchange before the present one.
    private(set) var isReused = false
    /// Bytes came since the present request began.
    private(set) var hasReceived = false
    var idleSince = NIODeadline.uptimeNanoseconds(0)
    private(set) var channel: (any Channel)?
    private var context: ChannelHandlerContext?
    private var awaitsHandshake: Bool
    private var isReadHeld = false
    private var isUp = false
    private var isClosed = false
    /// Bytes left to flush at the end of this turn.
    var isDirty = false
    /// How the body was framed of the exchange that ended in this read.
    private var ending: OriginResponse.Framing?
    private var lastBody: ByteBuffer?

    init(endpoint: OriginEndpoint, address: IPAddress, rule: Int, isTLS: Bool) {
        self.endpoint = endpoint
        self.address = address
        self.addressText = address.description
        self.rule = rule
        self.awaitsHandshake = isTLS
    }

    var isWritable: Bool { channel?.isWritable ?? false }
    var isOpen: Bool { !isClosed && isUp }

    // MARK: one exchange

    func begin(_ exchange: Exchange, isReused: Bool) {
        self.exchange = exchange
        self.isReused = isReused
        hasReceived = false
    }

    func write(_ part: HTTPClientRequestPart) {
        context?.write(wrapOutboundOut(part), promise: nil)
    }

    func flush() {
        isDirty = false
        context?.flush()
    }

    /// The exchange can pass bytes on again.
    func resumeReading() {
        guard isReadHeld else { return }
        isReadHeld = false
        context?.read()
    }

    /// Lets go of an exchange that ended on both sides. The connection is pooled at the end of this read if the
    /// response's last byte was the last byte that came.
    func finishExchange(_ framing: OriginResponse.Framing) {
        exchange = nil
        ending = framing
        resumeReading()
    }

    func close() {
        exchange = nil
        guard !isClosed else { return }
        isClosed = true
        endpoint.forget(self)
        channel?.close(promise: nil)
    }

    // MARK: channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        channel = context.channel
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if !awaitsHandshake { becomeReady() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            awaitsHandshake = false
            becomeReady()
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func becomeReady() {
        guard !isUp, !isClosed else { return }
        isUp = true
        let whenReady = self.whenReady
        self.whenReady = nil
        whenReady?(nil)
    }

    func read(context: ChannelHandlerContext) {
        if let exchange, !exchange.wantsBytes {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    /// Raw bytes came, before they are parsed. Bytes nobody asked for would become the head of the next response.
    func receivedRaw() -> Bool {
        hasReceived = true
        if exchange != nil { return true }
        close()
        return false
    }

    /// One read has been parsed whole.
    func parsed(_ bytes: ByteBuffer) {
        defer { lastBody = nil }
        guard let framing = ending else { return }
        ending = nil
        if Self.isEnd(of: bytes, framing: framing, lastBody: lastBody) {
            endpoint.putIdle(self, now: .now())
        } else {
            close()
        }
    }

    /// Whether nothing stands behind the response in what was read: the beginning of another head there would be
    /// taken for the answer to the next request. Where that cannot be told, the answer is no.
    private static func isEnd(of bytes: ByteBuffer, framing: OriginResponse.Framing, lastBody: ByteBuffer?) -> Bool {
        switch framing {
        case .none, .chunked:
            return bytes.readableBytesView.suffix(4).elementsEqual("\r\n\r\n".utf8)
        case .length:
            guard let lastBody else { return false }
            return bytes.withUnsafeReadableBytes { all in
                lastBody.withUnsafeReadableBytes { last in
                    guard let all = UnsafeRawBufferPointer(rebasing: all[all.endIndex...]).baseAddress,
                        let last = UnsafeRawBufferPointer(rebasing: last[last.endIndex...]).baseAddress
                    else { return false }
                    return all == last
                }
            }
        case .untilClose:
            return false
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let exchange else { return close() }
        switch unwrapInboundIn(data) {
        case .head(let head): exchange.received(head)
        case .body(let bytes):
            lastBody = bytes
            exchange.received(bytes)
        case .end(let trailers): exchange.receivedEnd(trailers)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { exchange?.originBecameWritable() }
        context.fireChannelWritabilityChanged()
    }

    /// The connection never came up.
    func connectFailed(_ failure: Failure) {
        ended(failure)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        ended(OriginErrors.failure(of: error, isUp: isUp))
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended(Failure(.connectionTerminated, isUp ? "the origin closed the connection" : "closed during the handshake"))
        context.fireChannelInactive()
    }

    private func ended(_ failure: Failure) {
        let exchange = self.exchange
        let whenReady = self.whenReady
        self.whenReady = nil
        close()
        whenReady?(failure)
        exchange?.connectionFailed(self, failure)
    }
}

/// Stands before the parser of an ``OriginConnection``.
final class OriginGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: OriginConnection

    init(_ connection: OriginConnection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard connection.receivedRaw() else { return }
        context.fireChannelRead(data)
        connection.parsed(unwrapInboundIn(data))
    }
}
