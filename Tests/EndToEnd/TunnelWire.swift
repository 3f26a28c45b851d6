import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// One connection that a test reads and writes by hand: nothing is taken off the network before the test asks for it,
/// but for the few bytes of ``Inbox/limit``.
final class TunnelWire: Sendable {
    struct Ended: Error, CustomStringConvertible {
        var description: String { "the connection ended before what was waited for had come" }
    }

    let channel: any Channel
    private let inbox: Inbox
    private let rest = Mutex(ByteBuffer())

    init(_ channel: any Channel, _ inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    // MARK: bytes

    func write(_ text: String) async throws { try await write(ByteBuffer(string: text)) }

    func write(_ bytes: [UInt8]) async throws { try await write(ByteBuffer(bytes: bytes)) }

    /// Returns when the socket has taken it.
    func write(_ buffer: ByteBuffer) async throws { try await channel.writeAndFlush(buffer).get() }

    /// The next bytes; nil at the end.
    func read() async -> ByteBuffer? {
        let early = rest.withLock { rest -> ByteBuffer? in
            guard rest.readableBytes > 0 else { return nil }
            defer { rest = ByteBuffer() }
            return rest
        }
        if let early { return early }
        return await inbox.next(channel)
    }

    /// Reads until `take` finds in the bytes so far what it looks for, and keeps the others.
    private func take<Found>(_ take: (inout ByteBuffer) -> Found?) async throws -> Found {
        while true {
            if let found = rest.withLock({ take(&$0) }) { return found }
            guard let more = await inbox.next(channel) else { throw Ended() }
            rest.withLock { _ = $0.writeImmutableBuffer(more) }
        }
    }

    /// Reads to the connection's end.
    func untilEnd() async { while await read() != nil {} }

    func close() async { try? await channel.close() }

    /// Closes the socket itself, as a process does that dies: TLS would say farewell, and wait for the peer's.
    func abort() async {
        channel.eventLoop.execute { [channel] in
            try? channel.pipeline.syncOperations.addHandler(Closer(), position: .first)
        }
        try? await channel.closeFuture.get()
    }

    private final class Closer: ChannelOutboundHandler {
        typealias OutboundIn = Never
        func handlerAdded(context: ChannelHandlerContext) { context.close(promise: nil) }
    }

    // MARK: HTTP/1.1

    /// The next head: its lines, the names as they came.
    func head() async throws -> String {
        try await take { buffer in
            let view = buffer.readableBytesView
            guard let end = view.indices.first(where: { view[$0...].starts(with: "\r\n\r\n".utf8) }) else { return nil }
            let head = String(decoding: view[..<end], as: UTF8.self)
            buffer.moveReaderIndex(to: end + 4)
            return head
        }
    }

    func bytes(_ count: Int) async throws -> String {
        try await take { $0.readString(length: count) }
    }

    func raw(_ count: Int) async throws -> ByteBuffer {
        try await take { $0.readSlice(length: count) }
    }

    /// One chunk of a chunked body; empty for the last.
    func chunk() async throws -> String {
        try await take { buffer in
            var copy = buffer
            guard let line = Self.line(&copy), let count = Int(line.prefix { $0 != ";" }, radix: 16),
                let text = copy.readString(length: count), copy.readString(length: 2) != nil
            else { return nil }
            buffer = copy
            return text
        }
    }

    private static func line(_ buffer: inout ByteBuffer) -> String? {
        guard let end = buffer.readableBytesView.firstIndex(of: 10), end > buffer.readerIndex else { return nil }
        defer { buffer.moveReaderIndex(to: end + 1) }
        return buffer.getString(at: buffer.readerIndex, length: end - buffer.readerIndex - 1)
    }

    func writeChunk(_ text: String) async throws {
        try await write("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
    }

    func endChunks() async throws { try await write("0\r\n\r\n") }

    /// Answers a request with a small text, the last of this connection.
    func answer(_ text: String = "ok", status: Int = 200) async throws {
        let fields = "content-type: text/plain\r\nconnection: close\r\ncontent-length: \(text.utf8.count)"
        try await write("HTTP/1.1 \(status) Word\r\n\(fields)\r\n\r\n\(text)")
    }

    /// What has come and was not asked for.
    final class Inbox: Sendable {
        private struct State {
            var chunks: CircularBuffer<ByteBuffer> = []
            var buffered = 0
            var isEnded = false
            var isHeld = false
            var waiter: CheckedContinuation<ByteBuffer?, Never>?
        }

        static let limit = 64 << 10
        private let state = Mutex(State())

        func next(_ channel: any Channel) async -> ByteBuffer? {
            await withCheckedContinuation { continuation in
                let isHeld = state.withLock { state in
                    if let chunk = state.chunks.popFirst() {
                        state.buffered -= chunk.readableBytes
                        continuation.resume(returning: chunk)
                    } else if state.isEnded {
                        continuation.resume(returning: nil)
                    } else {
                        state.waiter = continuation
                    }
                    defer { state.isHeld = false }
                    return state.isHeld
                }
                if isHeld { channel.read() }
            }
        }

        func took(_ chunk: ByteBuffer?) {
            let waiter = state.withLock { state -> CheckedContinuation<ByteBuffer?, Never>? in
                if chunk == nil { state.isEnded = true }
                if let waiter = state.waiter {
                    state.waiter = nil
                    return waiter
                }
                if let chunk {
                    state.chunks.append(chunk)
                    state.buffered += chunk.readableBytes
                }
                return nil
            }
            waiter?.resume(returning: chunk)
        }

        /// Whether more may be read now; if not, ``next(_:)`` reads on.
        var mayRead: Bool {
            state.withLock { state in
                state.isHeld = state.buffered >= Self.limit
                return !state.isHeld
            }
        }
    }

    /// The last handler of a wire's pipeline.
    final class Handler: ChannelDuplexHandler, RemovableChannelHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundIn = ByteBuffer

        let inbox: Inbox

        init(_ inbox: Inbox) { self.inbox = inbox }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { inbox.took(unwrapInboundIn(data)) }

        func channelInactive(context: ChannelHandlerContext) { inbox.took(nil) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        func read(context: ChannelHandlerContext) {
            if inbox.mayRead { context.read() }
        }
    }
}

extension TunnelWire {
    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    /// Puts the handlers of a wire on a channel that has just been made.
    static func install(on channel: any Channel, _ first: (any ChannelHandler)? = nil) throws -> TunnelWire {
        let inbox = Inbox()
        if let first { try channel.pipeline.syncOperations.addHandler(first) }
        try channel.pipeline.syncOperations.addHandler(Handler(inbox))
        return TunnelWire(channel, inbox)
    }

    static func connect(port: Int, tls: NIOSSLContext?, receiveBuffer: Int? = nil) async throws -> TunnelWire {
        var bootstrap = ClientBootstrap(group: group)
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBuffer))
        }
        return try await bootstrap.connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                let tls = try tls.map { try NIOSSLClientHandler(context: $0, serverHostname: "localhost") }
                return try install(on: channel, tls)
            }
        }
    }
}

/// A listener whose connections a test takes one by one.
final class TunnelListener: Sendable {
    let port: Int
    private let channel: any Channel
    private let accepted: AsyncStream<TunnelWire>
    private let count: Mutex<Int>

    private init(_ channel: any Channel, _ accepted: AsyncStream<TunnelWire>, _ count: consuming Mutex<Int>) {
        self.channel = channel
        self.accepted = accepted
        self.count = count
        port = channel.localAddress?.port ?? 0
    }

    static func start(tls: NIOSSLContext? = nil) async throws -> TunnelListener {
        let (accepted, sink) = AsyncStream.makeStream(of: TunnelWire.self)
        let channel = try await ServerBootstrap(group: TunnelWire.group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 512)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    sink.yield(try TunnelWire.install(on: channel, tls.map { NIOSSLServerHandler(context: $0) }))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TunnelListener(channel, accepted, Mutex(0))
    }

    /// The next connection.
    func accept() async throws -> TunnelWire {
        for await wire in accepted { return wire }
        throw TunnelWire.Ended()
    }

    /// Serves every connection with `script`, one request after another, until cancelled.
    func serve(_ script: @escaping @Sendable (TunnelWire, String) async throws -> Void) async {
        await withDiscardingTaskGroup { group in
            for await wire in accepted {
                group.addTask {
                    do {
                        while true { try await script(wire, try await wire.head()) }
                    } catch { await wire.close() }
                }
            }
        }
    }

    func stop() async { try? await channel.close() }
}
