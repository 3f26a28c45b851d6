package import NIOCore
package import NIOHTTP1

/// The connector's side of establishing a tunnel, on a connection whose TLS handshake is over or under way.
package enum PTTHDial {
    /// Sends the upgrade request and waits for `101`; `install` then puts the session on the channel before any byte
    /// that followed the `101` is passed on. Call on the channel's event loop.
    ///
    /// - Parameters:
    ///   - authority: the relay's name and port, for `Host`.
    ///   - token: the tunnel's bearer token.
    ///   - headers: more to say of this connector.
    ///   - answered: gets what the `101` says of the relay's event loops, before `install` is called.
    /// - Returns: fails with ``PTTH/Refusal`` or ``PTTH/NoAnswer``.
    package static func upgrade<Session: Sendable>(
        _ channel: any Channel, authority: String, token: String, headers: HTTPHeaders = [:], timeout: TimeAmount,
        answered: @escaping (PTTH.LoopPlace?) -> Void = { _ in },
        install: @escaping (any Channel) throws -> Session
    ) -> EventLoopFuture<Session> {
        var all: HTTPHeaders = [
            "host": authority, "connection": "upgrade", "upgrade": PTTH.upgradeToken, "alpn": "h2",
            "authorization": "Bearer \(token)",
        ]
        all.add(contentsOf: headers)
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: PTTH.path, headers: all)
        let promise = channel.eventLoop.makePromise(of: Session.self)
        do {
            let encoder = HTTPRequestEncoder()
            let decoder = ByteToMessageHandler(
                HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes), maximumBufferSize: 64 << 10)
            let handler = PTTHDialHandler(
                head: head, http: [encoder, decoder], timeout: timeout, promise: promise, answered: answered,
                install: install)
            try channel.pipeline.syncOperations.addHandlers([encoder, decoder, handler])
        } catch {
            promise.fail(error)
        }
        return promise.futureResult
    }
}

/// Speaks HTTP/1.1 until the relay has answered, then gets out of the way.
private final class PTTHDialHandler<Session: Sendable>: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private enum State {
        case waiting
        case switching
        case leaving([NIOAny])
        case refused(HTTPResponseHead, String)
        case done
    }

    private static var bodyLimit: Int { 4096 }

    private let head: HTTPRequestHead
    private let http: [any RemovableChannelHandler]
    private let timeout: TimeAmount
    private let promise: EventLoopPromise<Session>
    private let answered: (PTTH.LoopPlace?) -> Void
    private let install: (any Channel) throws -> Session
    private var state = State.waiting
    private var timer: Scheduled<Void>?
    private var hasAsked = false

    init(
        head: HTTPRequestHead, http: [any RemovableChannelHandler], timeout: TimeAmount,
        promise: EventLoopPromise<Session>, answered: @escaping (PTTH.LoopPlace?) -> Void,
        install: @escaping (any Channel) throws -> Session
    ) {
        self.head = head
        self.http = http
        self.timeout = timeout
        self.promise = promise
        self.answered = answered
        self.install = install
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { ask(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        ask(context)
        context.fireChannelActive()
    }

    /// A channel that is active already when this is added may still be about to say so: one request all the same.
    private func ask(_ context: ChannelHandlerContext) {
        guard !hasAsked else { return }
        hasAsked = true
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.fail(PTTH.NoAnswer(description: "the relay did not answer in time"), context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .done:
            return context.fireChannelRead(data)
        case .leaving(let early):
            state = .leaving(early + [data])
            return
        case .waiting, .switching, .refused:
            break
        }
        switch (state, unwrapInboundIn(data)) {
        case (.waiting, .head(let head)) where head.status == .switchingProtocols:
            guard head.headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == PTTH.upgradeToken }),
                head.headers[canonicalForm: "alpn"].contains("h2")
            else { return fail(PTTH.NoAnswer(description: "the relay switched to another protocol"), context) }
            answered(PTTH.LoopPlace(head.headers))
            state = .switching
        case (.waiting, .head(let head)) where head.status.code < 200:
            break
        case (.waiting, .head(let head)):
            state = .refused(head, "")
        case (.refused(let head, let text), .body(let bytes)):
            let room = Self.bodyLimit - text.utf8.count
            state = .refused(head, text + String(decoding: bytes.readableBytesView.prefix(room), as: UTF8.self))
            if room <= bytes.readableBytes { refuse(head, text, context) }
        case (.refused(let head, let text), .end):
            refuse(head, text, context)
        case (.switching, .end):
            upgrade(context)
        default:
            break
        }
    }

    /// Takes the HTTP/1.1 codec out. What it had read beyond the `101` comes here, and waits for the session.
    private func upgrade(_ context: ChannelHandlerContext) {
        state = .leaving([])
        let removals = http.map { context.pipeline.syncOperations.removeHandler($0) }
        let bound = NIOLoopBound((context, self), eventLoop: context.eventLoop)
        EventLoopFuture.andAllSucceed(removals, on: context.eventLoop).whenComplete { result in
            let (context, handler) = bound.value
            switch result {
            case .success: handler.hand(to: context)
            case .failure(let error): handler.fail(error, context)
            }
        }
    }

    private func hand(to context: ChannelHandlerContext) {
        guard case .leaving(let early) = state else { return }
        timer?.cancel()
        do {
            let session = try install(context.channel)
            state = .done
            for data in early { context.fireChannelRead(data) }
            if !early.isEmpty { context.fireChannelReadComplete() }
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            promise.succeed(session)
        } catch {
            fail(error, context)
        }
    }

    private func refuse(_ head: HTTPResponseHead, _ body: String, _ context: ChannelHandlerContext) {
        let seconds = head.headers.first(name: "retry-after").flatMap { Int64($0) }
        fail(
            PTTH.Refusal(
                status: Int(head.status.code), retryAfter: seconds.map { .seconds(min(max($0, 0), 3600)) }, body: body),
            context)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        state = .done
        timer?.cancel()
        promise.fail(error)
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .done = state { return context.fireErrorCaught(error) }
        fail(error, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .done = state {
        } else {
            fail(PTTH.NoAnswer(description: "the connection ended before the relay answered"), context)
        }
        context.fireChannelInactive()
    }
}
