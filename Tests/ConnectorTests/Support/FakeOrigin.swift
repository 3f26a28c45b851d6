import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

let testGroup = MultiThreadedEventLoopGroup.singleton

/// An origin that does exactly what a test says, byte for byte.
struct FakeOrigin {
    let port: Int
    let seen: Seen

    /// What the origin has seen, over all its connections.
    final class Seen: Sendable {
        private let state = Mutex((connections: 0, requests: [String]()))
        private let first = Signal()

        var connections: Int { state.withLock { $0.connections } }
        var requests: [String] { state.withLock { $0.requests } }
        func opened() -> Int {
            state.withLock {
                $0.connections += 1
                return $0.connections
            }
        }
        func took(_ request: String) {
            state.withLock { $0.requests.append(request) }
            first.open()
        }

        /// Waits until so many connections have been accepted.
        func waitForConnections(_ count: Int) async {
            while connections < count { await Task.yield() }
        }

        /// Waits until a request has come.
        func waitForRequest() async { await first.wait() }
    }

    /// One connection, as the script of a test uses it.
    final class Connection {
        /// From 1.
        let number: Int
        let seen: Seen
        private let inbox: OriginInbox
        private let channel: any Channel
        private var unread = ""

        init(number: Int, seen: Seen, inbox: OriginInbox, channel: any Channel) {
            self.number = number
            self.seen = seen
            self.inbox = inbox
            self.channel = channel
        }

        /// The next request's head, or nil at the end.
        func head() async throws -> String? {
            guard let head = try await until("\r\n\r\n") else { return nil }
            seen.took(head)
            return head
        }

        /// Exactly `count` bytes of body.
        func body(_ count: Int) async throws -> String? {
            while unread.utf8.count < count {
                guard await more() else { return nil }
            }
            let body = String(decoding: unread.utf8.prefix(count), as: UTF8.self)
            unread = String(decoding: unread.utf8.dropFirst(count), as: UTF8.self)
            return body
        }

        /// Everything up to and with `text`.
        func until(_ text: String) async throws -> String? {
            while true {
                if let end = unread.firstRange(of: text) {
                    let found = String(unread[..<end.upperBound])
                    unread = String(unread[end.upperBound...])
                    return found
                }
                guard await more() else { return nil }
            }
        }

        /// Reads on until the other side closes.
        func untilClosed() async throws {
            while await more() { unread = "" }
        }

        /// Returns when the socket has taken it all.
        func write(_ text: String) async throws {
            try await channel.writeAndFlush(ByteBuffer(string: text)).get()
        }

        func write(bytes: [UInt8]) async throws {
            try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
        }

        func answer(_ body: String, status: String = "200 OK", _ extra: String = "") async throws {
            try await write("HTTP/1.1 \(status)\r\n\(extra)content-length: \(body.utf8.count)\r\n\r\n\(body)")
        }

        private func more() async -> Bool {
            guard let bytes = await inbox.next(on: channel) else { return false }
            unread += String(buffer: bytes)
            return true
        }
    }

    /// Runs `script` for each connection while `body` runs.
    static func with<R: Sendable>(
        host: String = "127.0.0.1", port: Int = 0, tls: TestCertificates? = nil,
        script: @escaping @Sendable (Connection) async throws -> Void,
        _ body: (FakeOrigin) async throws -> R
    ) async throws -> R {
        if tls != nil { try await TestCertificates.make() }
        let context = try tls.map { certificates in
            try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: NIOSSLCertificate.fromPEMFile(certificates.certificate).map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(file: certificates.key, format: .pem))))
        }
        let (accepted, accept) = AsyncStream.makeStream(of: (inbox: OriginInbox, channel: any Channel).self)
        var bootstrap = ServerBootstrap(group: testGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        // A script that does not read holds its caller back; a handshake has to be read whatever the script does.
        if context == nil { bootstrap = bootstrap.childChannelOption(.autoRead, value: false) }
        let server =
            try await bootstrap
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    // Only an active channel can be asked to read.
                    let inbox = OriginInbox { accept.yield(($0, channel)) }
                    try channel.pipeline.syncOperations.addHandler(inbox)
                }
            }
            .bind(host: host, port: port).get()
        let seen = Seen()
        let origin = FakeOrigin(port: server.localAddress?.port ?? 0, seen: seen)
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

    /// An origin that answers each request with its request line.
    static let echo: @Sendable (Connection) async throws -> Void = { connection in
        while let head = try await connection.head() {
            if let length = head.lengthField {
                let body = try await connection.body(length) ?? ""
                try await connection.answer("got \(body)")
            } else {
                try await connection.answer(String(head.prefix { $0 != "\r\n" }))
            }
        }
    }
}

extension String {
    /// The value of `content-length` in a head.
    var lengthField: Int? {
        guard let start = firstRange(of: "content-length: ")?.upperBound else { return nil }
        return Int(self[start...].prefix { $0.isNumber })
    }
}

/// What came on a connection and was not taken yet.
final class OriginInbox: ChannelInboundHandler, Sendable {
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
    private let whenActive: @Sendable (OriginInbox) -> Void

    init(whenActive: @escaping @Sendable (OriginInbox) -> Void) {
        self.whenActive = whenActive
    }

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

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

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
