package import HummingbirdCore
import HummingbirdHTTP2
package import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL
import NIOTLS
import Pipeline
import ReverseHTTP

/// One connection to the relay's public port: TLS, and inside it the API over HTTP/1.1 or HTTP/2, or a tunnel.
package struct PublicPortChannel: ServerChildChannel, HTTPChannelHandler {
    /// What the handshake and the first request made of a connection.
    enum Served: Sendable {
        case http1(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case http2(HTTP2Channel.Value)
        case tunnel
    }

    package struct Value: ServerChildChannelValue {
        let served: EventLoopFuture<Served>
        package let channel: any Channel

        /// Waits for what the connection's end completes too; a server that is cancelled closes the connection.
        fileprivate func untilClosed<Result: Sendable>(
            _ body: @Sendable () async throws -> Result
        ) async throws -> Result {
            try await withTaskCancellationHandler(operation: body) { channel.close(promise: nil) }
        }
    }

    package let responder: HTTPChannelHandler.Responder
    private let tls: ReloadingTLSContext
    let door: TunnelDoor
    private let limits: PortLimits
    private let services: [any FrontService]
    private let http2: HTTP2Channel

    package init(
        tls: ReloadingTLSContext, door: TunnelDoor, limits: PortLimits = .defaults, services: [any FrontService] = [],
        responder: @escaping HTTPChannelHandler.Responder
    ) {
        self.responder = responder
        self.tls = tls
        self.door = door
        self.limits = limits
        self.services = services
        self.http2 = HTTP2Channel(
            responder: responder,
            configuration: .init(
                idleTimeout: Duration(limits.idle), gracefulCloseTimeout: Duration(limits.drain),
                streamConfiguration: .init(
                    additionalChannelHandlers: [
                        HTTP2StreamGuard.Installer(limits: limits),
                        FrontHandler<HTTP2Wire>(services, idle: limits.idle),
                    ])))
    }

    /// What to give a Hummingbird application as its server.
    ///
    /// - Parameter services: are offered each request, in order, before the router sees it.
    package static func server(
        tls: ReloadingTLSContext, door: TunnelDoor, limits: PortLimits = .defaults, services: [any FrontService] = []
    ) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            PublicPortChannel(tls: tls, door: door, limits: limits, services: services) { request, writer, channel in
                try await writer.askForBody(of: request)
                try await responder(request, writer, channel)
            }
        }
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let negotiation = NIOTypedApplicationProtocolNegotiationHandler<EventLoopFuture<Served>> {
                result, channel in
                channel.eventLoop.makeCompletedFuture {
                    if case .negotiated("h2") = result { return try self.serveHTTP2(channel, logger: logger) }
                    return try self.serveHTTP1(channel, logger: logger)
                }
            }
            // A caller who has closed their side waits for nothing: what is under way for them ends.
            try channel.syncOptions?.setOption(ChannelOptions.allowRemoteHalfClosure, value: false)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandlers([
                PlainTextDoor(limits: limits), NIOSSLServerHandler(context: tls.current),
                HandshakeDeadline(limit: limits.handshake), negotiation,
            ])
            return Value(served: negotiation.protocolNegotiationResult.flatMap { $0 }, channel: channel)
        }
    }

    package func handle(value: Value, logger: Logger) async {
        // What a call does between its waits takes microseconds; what blocks goes elsewhere (`Offload`).
        await withTaskExecutorPreference(EventLoopTaskExecutor(value.channel.eventLoop)) {
            await serve(value, logger)
        }
    }

    private func serve(_ value: Value, _ logger: Logger) async {
        do {
            switch try await value.untilClosed({ try await value.served.get() }) {
            case .http1(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            case .http2(let channel): await http2.handle(value: channel, logger: logger)
            case .tunnel: try await value.untilClosed { try await value.channel.closeFuture.get() }
            }
        } catch {
            logger.debug("connection ended before it was served", metadata: ["error": "\(error)"])
            value.channel.close(promise: nil)
        }
    }

    private func serveHTTP2(_ channel: any Channel, logger: Logger) throws -> EventLoopFuture<Served> {
        let guardian = HTTP2Guard(limits: limits)
        try channel.pipeline.syncOperations.addHandler(guardian)
        let served = http2.setup(channel: channel, logger: logger)
        let handler = try channel.pipeline.syncOperations.context(handlerType: NIOHTTP2Handler.self).handler
        try channel.pipeline.syncOperations.addHandler(HTTP2ErrorFilter(guardian), position: .after(handler))
        return served.map { .http2($0) }
    }

    /// The first request decides whether the connection becomes a tunnel.
    private func serveHTTP1(_ channel: any Channel, logger: Logger) throws -> EventLoopFuture<Served> {
        let encoder = HTTPResponseEncoder()
        let reader = RequestReader(limits: limits)
        let guardian = RequestGuard(reader: reader, limits: limits)
        let upgrader = PTTHUpgrader(
            eventLoop: channel.eventLoop, place: door.place(of: channel.eventLoop), authorize: door.authorize
        ) { channel, identity, _ in
            channel.eventLoop.makeCompletedFuture {
                try openTunnel(on: channel, from: identity, logger: logger)
                return Served.tunnel
            }
        }
        let first = FirstRequestHandler(
            upgrader: upgrader, encoder: encoder, others: [guardian, reader], eventLoop: channel.eventLoop
        ) { channel in
            try serveRequests(on: channel, logger: logger)
        }
        try channel.pipeline.syncOperations.addHandlers([encoder, reader, guardian, first])
        return first.result
    }

    private func serveRequests(on channel: any Channel, logger: Logger) throws -> Served {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(FrontHandler<HTTP1Wire>(services, idle: limits.idle))
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: true))
        // Lets a request that is being answered finish when the server leaves; idle connections are the front's.
        try pipeline.addHandler(HTTPConnectionStateHandler(logger: logger))
        return .http1(
            try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
    }
}
