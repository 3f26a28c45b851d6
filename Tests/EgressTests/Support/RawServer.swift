import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A server that does exactly what a test says, byte for byte.
struct RawServer {
    let port: Int
    let seen: Seen

    /// What the server has seen, over all its connections.
    final class Seen: Sendable {
        private let state = Mutex((connections: 0, heads: [String]()))
        private let first = Signal()

        var connections: Int { state.withLock { $0.connections } }
        var heads: [String] { state.withLock { $0.heads } }

        func opened() -> Int {
            state.withLock {
                $0.connections += 1
                return $0.connections
            }
        }

        func took(_ head: String) {
            state.withLock { $0.heads.append(head) }
            first.open()
        }

        func waitForRequest() async { await first.wait() }
    }

    /// One connection, as the script of a test uses it.
    final class Connection {
        /// From 1.
        let number: Int
        let seen: Seen
        private let inbox: Inbox
        private let channel: any Channel
        private var unread = ByteBuffer()

        init(number: Int, seen: Seen, inbox: Inbox, channel: any Channel) {
            self.number = number
            self.seen = seen
            self.inbox = inbox
            self.channel = channel
        }

        /// The next request's head, or nil at the end.
        func head() async -> String? {
            while true {
                let text = String(buffer: unread)
                if let end = text.firstRange(of: "\r\n\r\n") {
                    let head = String(text[..<end.upperBound])
                    unread.moveReaderIndex(forwardBy: head.utf8.count)
                    seen.took(head)
                    return head
                }
                guard await more() else { return nil }
            }
        }

        /// Exactly `count` bytes; nil where there are fewer.
        func bytes(_ count: Int) async -> String? {
            while unread.readableBytes < count {
                guard await more() else { return nil }
            }
            return unread.readString(length: count)
        }

        /// Reads on until the other side closes, and says how many bytes that were.
        @discardableResult func untilClosed() async -> Int {
            var count = unread.readableBytes
            unread.clear()
            while await more() {
                count += unread.readableBytes
                unread.clear()
            }
            return count
        }

        /// Returns when the socket has taken it all.
        func write(_ text: String) async throws { try await write(ByteBuffer(string: text)) }
        func write(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes).get() }

        func answer(_ body: String, status: String = "200 OK", _ extra: String = "") async throws {
            try await write("HTTP/1.1 \(status)\r\n\(extra)content-length: \(body.utf8.count)\r\n\r\n\(body)")
        }

        /// Closes with RST instead of FIN.
        func reset() async throws {
            if let options = channel as? any SocketOptionProvider {
                try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
            }
            try await channel.close()
        }

        /// Carries bytes both ways between this connection and a server on `port`, until one of them closes.
        func forward(to port: Int) async throws {
            let inbox = Inbox { _ in }
            let server = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: false)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(inbox) }
                }
                .connect(host: "127.0.0.1", port: port).get()
            let (own, client) = (self.inbox, channel)
            try await server.writeAndFlush(unread).get()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await Self.carry(own, client, to: server) }
                group.addTask { await Self.carry(inbox, server, to: client) }
            }
        }

        private static func carry(_ inbox: Inbox, _ from: any Channel, to: any Channel) async {
            while let bytes = await inbox.next(on: from) {
                guard (try? await to.writeAndFlush(bytes)) != nil else { break }
            }
            to.close(promise: nil)
        }

        private func more() async -> Bool {
            guard var bytes = await inbox.next(on: channel) else { return false }
            unread.writeBuffer(&bytes)
            return true
        }
    }

    /// Runs `script` for each connection while `body` runs.
    static func with<R: Sendable>(
        host: String = "127.0.0.1", port: Int = 0, _ script: @escaping @Sendable (Connection) async throws -> Void,
        _ body: (RawServer) async throws -> R
    ) async throws -> R {
        let (accepted, accept) = AsyncStream.makeStream(of: (inbox: Inbox, channel: any Channel).self)
        // A script that does not read holds its caller back.
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Inbox { accept.yield(($0, channel)) })
                }
            }
            .bind(host: host, port: port).get()
        let seen = Seen()
        let origin = RawServer(port: server.localAddress?.port ?? 0, seen: seen)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await withDiscardingTaskGroup { connections in
                    for await (inbox, channel) in accepted {
                        connections.addTask {
                            let connection = Connection(
                                number: seen.opened(), seen: seen, inbox: inbox, channel: channel)
                            await withTaskCancellationHandler {
                                try? await script(connection)
                            } onCancel: {
                                channel.close(promise: nil)
                            }
                            try? await channel.close()
                        }
                    }
                }
            }
            defer { group.cancelAll() }
            let result: Result<R, any Error>
            do {
                result = .success(try await body(origin))
            } catch {
                result = .failure(error)
            }
            try? await server.close()
            return try result.get()
        }
    }

    /// Answers each request with its request line.
    static let echo: @Sendable (Connection) async throws -> Void = { connection in
        while let head = await connection.head() {
            try await connection.answer(String(head.prefix { $0 != "\r\n" }))
        }
    }
}

/// What came on a connection and was not taken yet.
final class Inbox: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private struct State {
        var received = ByteBuffer()
        var isClosed = false
        var reader: CheckedContinuation<ByteBuffer?, Never>?

        /// What the reader gets now, if anything.
        mutating func take() -> ByteBuffer?? {
            if received.readableBytes > 0 {
                defer { received = ByteBuffer() }
                return .some(received)
            }
            return isClosed ? .some(nil) : .none
        }
    }

    private let state = Mutex(State())
    private let whenActive: @Sendable (Inbox) -> Void

    init(whenActive: @escaping @Sendable (Inbox) -> Void) { self.whenActive = whenActive }

    func channelActive(context: ChannelHandlerContext) {
        whenActive(self)
        context.fireChannelActive()
    }

    /// What comes next, or nil at the end.
    func next(on channel: any Channel) async -> ByteBuffer? {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state -> ByteBuffer?? in
                let ready = state.take()
                if ready == nil { state.reader = continuation }
                return ready
            }
            if let ready { continuation.resume(returning: ready) } else { channel.read() }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        wake { $0.received.writeImmutableBuffer(bytes) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        wake { $0.isClosed = true }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func wake(_ change: (inout State) -> Void) {
        let (reader, ready) = state.withLock { state -> (CheckedContinuation<ByteBuffer?, Never>?, ByteBuffer??) in
            change(&state)
            guard state.reader != nil, let ready = state.take() else { return (nil, .none) }
            defer { state.reader = nil }
            return (state.reader, ready)
        }
        if let ready { reader?.resume(returning: ready) }
    }
}
