import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

let testGroup = MultiThreadedEventLoopGroup.singleton

/// An origin that does exactly what a test says, byte for byte.
struct FakeOrigin {
    let port: Int
    let seen: Seen
    private let channel: any Channel

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

        /// Waits until a request has come.
        func waitForRequest() async { await first.wait() }
    }

    /// One connection, as the script of a test uses it.
    final class Connection {
        /// From 1.
        let number: Int
        let seen: Seen
        private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        private var unread = ""

        init(
            number: Int, seen: Seen, inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
            outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        ) {
            self.number = number
            self.seen = seen
            self.inbound = inbound.makeAsyncIterator()
            self.outbound = outbound
        }

        /// The next request's head, or nil at the end.
        func head() async throws -> String? {
            while true {
                if let end = unread.range(of: "\r\n\r\n") {
                    let head = String(unread[..<end.upperBound])
                    unread = String(unread[end.upperBound...])
                    seen.took(head)
                    return head
                }
                guard try await more() else { return nil }
            }
        }

        /// Exactly `count` bytes of body.
        func body(_ count: Int) async throws -> String? {
            while unread.utf8.count < count {
                guard try await more() else { return nil }
            }
            let body = String(decoding: unread.utf8.prefix(count), as: UTF8.self)
            unread = String(decoding: unread.utf8.dropFirst(count), as: UTF8.self)
            return body
        }

        /// Everything up to and with `text`.
        func until(_ text: String) async throws -> String? {
            while true {
                if let end = unread.range(of: text) {
                    let found = String(unread[..<end.upperBound])
                    unread = String(unread[end.upperBound...])
                    return found
                }
                guard try await more() else { return nil }
            }
        }

        /// Reads on until the other side closes.
        func untilClosed() async throws {
            while try await more() { unread = "" }
        }

        func write(_ text: String) async throws {
            try await outbound.write(ByteBuffer(string: text))
        }

        func answer(_ body: String, status: String = "200 OK", _ extra: String = "") async throws {
            try await write("HTTP/1.1 \(status)\r\n\(extra)content-length: \(body.utf8.count)\r\n\r\n\(body)")
        }

        private func more() async throws -> Bool {
            guard let bytes = try await inbound.next() else { return false }
            unread += String(buffer: bytes)
            return true
        }
    }

    /// Runs `script` for each connection while `body` runs.
    static func with<R: Sendable>(
        tls: TestCertificates? = nil, script: @escaping @Sendable (Connection) async throws -> Void,
        _ body: (FakeOrigin) async throws -> R
    ) async throws -> R {
        let context = try tls.map { certificates in
            try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: NIOSSLCertificate.fromPEMFile(certificates.certificate).map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(file: certificates.key, format: .pem))))
        }
        let server = try await ServerBootstrap(group: testGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let seen = Seen()
        let origin = FakeOrigin(port: server.channel.localAddress?.port ?? 0, seen: seen, channel: server.channel)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await withThrowingDiscardingTaskGroup { connections in
                    try await server.executeThenClose { inbound in
                        for try await connection in inbound {
                            connections.addTask {
                                let number = seen.opened()
                                try? await connection.executeThenClose { inbound, outbound in
                                    try await script(
                                        Connection(number: number, seen: seen, inbound: inbound, outbound: outbound))
                                }
                            }
                        }
                    }
                }
            }
            let result = try await body(origin)
            group.cancelAll()
            return result
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
        guard let start = range(of: "content-length: ")?.upperBound else { return nil }
        return Int(self[start...].prefix { $0.isNumber })
    }

    /// Without Foundation's, which the target does not use either.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        guard let match = firstRange(of: text) else { return nil }
        return match
    }
}
