import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ReverseHTTP

extension TunnelWire {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// An HTTP/2 session in which we ask.
    static func session(port: Int, tls: NIOSSLContext) async throws -> ClientSession {
        try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
                return try ClientSession(on: channel, logger: quiet)
            }
        }
    }

    /// Answers a connector's request for a tunnel, by hand; the request's head.
    func acceptTunnel() async throws -> String {
        let head = try await head()
        try await write(Self.switching)
        return head
    }

    /// The same, and asks in the session from then on.
    func acceptTunnelSession() async throws -> ClientSession {
        _ = try await head()
        return try await channel.eventLoop.submit { [channel] in
            channel.writeAndFlush(ByteBuffer(string: Self.switching), promise: nil)
            let session = try ClientSession(on: channel, logger: Self.quiet)
            let pipeline = channel.pipeline.syncOperations
            pipeline.removeHandler(try pipeline.handler(type: Handler.self), promise: nil)
            return session
        }.get()
    }

    private static let switching =
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: ptth\r\nconnection: upgrade\r\nalpn: h2\r\n\r\n"
}

/// HTTP/2 frames made by hand (RFC 9113, section 4.1).
enum TunnelFrame {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    static func make(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let count = UInt32(payload.count)
        return [UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags]
            + (0..<4).map { UInt8(stream >> (24 - 8 * UInt32($0)) & 255) } + payload
    }

    static let settings = make(4)
    static let ping = make(6, [UInt8](repeating: 7, count: 8))

    /// A response's head that grows to some 50 MB when it is decoded: one large field, named again and again.
    static func bomb(stream: UInt32) -> [UInt8] {
        let value = [UInt8](repeating: UInt8(ascii: "a"), count: 3900)
        let field: [UInt8] = [0x40, 1, UInt8(ascii: "x"), 0x7f, 0xBD, 0x1D] + value
        return make(1, flags: 5, stream: stream, [0x88] + field + [UInt8](repeating: 0xBE, count: 12_000))
    }

    /// GET of a path at an authority, as a request's head.
    static func request(stream: UInt32, authority: String, path: String) -> [UInt8] {
        let block: [UInt8] =
            [0x82, 0x86, 0x04, UInt8(path.utf8.count)] + Array(path.utf8)
            + [0x41, UInt8(authority.utf8.count)] + Array(authority.utf8)
        return make(1, flags: 5, stream: stream, block)
    }

    static func reset(stream: UInt32) -> [UInt8] { make(3, stream: stream, [0, 0, 0, 8]) }
}
