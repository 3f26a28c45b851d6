import EgressPolicy
import HTTP1
import NIOCore
import NIOHTTP1
import NIOSSL
import NIOTLS

/// One HTTP/1.1 connection to an origin, the last handler of its pipeline. Confined to its event loop.
///
/// It reads from the origin only while the exchange it serves can pass bytes on, and it is open to another exchange
/// only after one that ended on both sides, with nothing left over.
final class OriginConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    let endpoint: OriginEndpoint
    let address: IPAddress
    /// As written in the audit.
    let addressText: String
    /// The rule under which it was dialled: another rule may ask for another TLS identity.
    let rule: Int
    let dialled = NIODeadline.now()
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
    private var decoder = ResponseDecoder()

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

    /// Writes the request's head; its body follows, if it has one.
    func begin(_ exchange: Exchange, _ request: OriginRequest, isReused: Bool) {
        self.exchange = exchange
        self.isReused = isReused
        hasReceived = false
        decoder.expect(responseTo: request.method)
        write(
            RequestEncoder.head(
                method: request.method, target: request.target, host: endpoint.authority, fields: request.fields))
    }

    /// Writes bytes of the request's body.
    func write(_ body: ByteBuffer, isChunked: Bool) {
        guard body.readableBytes > 0 else { return }
        if isChunked { write(RequestEncoder.chunkStart(body.readableBytes)) }
        write(body)
        if isChunked { write(RequestEncoder.chunkEnd) }
    }

    /// Ends a chunked body.
    func writeEnd(trailers: HTTPHeaders?) {
        write(RequestEncoder.lastChunk(trailers: trailers))
    }

    private func write(_ bytes: ByteBuffer) {
        context?.write(wrapOutboundOut(bytes), promise: nil)
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

    /// Lets go of an exchange that ended on both sides, and waits for another: unless more came than the response, for
    /// the beginning of another head there would be taken for the answer to the next request.
    func finishExchange() {
        exchange = nil
        guard decoder.leftover == 0 else { return close() }
        resumeReading()
        endpoint.putIdle(self, now: .now())
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

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Bytes nobody asked for would become the head of the next response.
        guard exchange != nil else { return close() }
        hasReceived = true
        decoder.append(unwrapInboundIn(data))
        do throws(ResponseFault) {
            while let exchange, let event = try decoder.next() { pass(event, to: exchange) }
        } catch {
            ended(Failure(error))
        }
    }

    private func pass(_ event: ResponseDecoder.Event, to exchange: Exchange) {
        switch event {
        case .head(let response): exchange.received(response)
        case .body(let bytes): exchange.received(bytes)
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
        if isUp {
            do throws(ResponseFault) {
                if let exchange, let event = try decoder.connectionEnded() { pass(event, to: exchange) }
                ended(Failure(.connectionTerminated, "the origin closed the connection"))
            } catch {
                ended(Failure(error))
            }
        } else {
            ended(Failure(.connectionTerminated, "closed during the handshake"))
        }
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
