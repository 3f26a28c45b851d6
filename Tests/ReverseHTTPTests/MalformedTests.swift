import NIOCore
import NIOPosix
import Testing

@testable import ReverseHTTP

/// What a hostile peer says, and the error code its session must end with.
struct Malformed: Sendable, CustomTestStringConvertible {
    let name: String
    let expected: [HTTP2ErrorCode]
    let bytes: [UInt8]
    var testDescription: String { name }

    init(_ name: String, _ expected: HTTP2ErrorCode..., bytes: [UInt8]) {
        self.name = name
        self.expected = expected
        self.bytes = bytes
    }

    private static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        RawPeer.frame(type, flags: flags, stream: stream, payload)
    }

    private static func request(_ stream: UInt32, path: String = "/wait", endStream: Bool = true) -> [UInt8] {
        RawPeer.request(stream: stream, path: path, endStream: endStream)
    }

    private static func times(_ count: Int, _ bytes: (UInt32) -> [UInt8]) -> [UInt8] {
        (0..<UInt32(count)).flatMap(bytes)
    }

    /// Sent to a server after the preface and SETTINGS.
    static let toServer: [Malformed] = [
        Malformed("a frame larger than SETTINGS allow", .frameSizeError, bytes: [0x01, 0, 0, 0, 0, 0, 0, 0, 1]),
        Malformed("DATA on stream 0", .protocolError, bytes: frame(0, [1])),
        Malformed("DATA on an idle stream", .protocolError, .streamClosed, bytes: frame(0, stream: 7, [1])),
        Malformed(
            "DATA padding longer than the frame", .protocolError,
            bytes: request(1, endStream: false) + frame(0, flags: 8, stream: 1, [200, 1, 2])),
        Malformed(
            "HEADERS padding longer than the frame", .protocolError, bytes: frame(1, flags: 0xc, stream: 1, [99, 0x82])),
        Malformed("HEADERS on an even stream", .protocolError, bytes: request(2)),
        Malformed("HEADERS on stream 0", .protocolError, bytes: frame(1, flags: 5, RawPeer.block("/wait"))),
        Malformed(
            "HPACK index that does not exist", .compressionError,
            bytes: frame(1, flags: 5, stream: 1, [0xff, 0xff, 0x7f])),
        Malformed("HPACK truncated", .compressionError, bytes: frame(1, flags: 5, stream: 1, [0x82, 0x04, 50, 65])),
        Malformed(
            "HPACK table size above the limit", .compressionError,
            bytes: frame(1, flags: 5, stream: 1, [0x3f, 0xff, 0xff, 0x7f])),
        Malformed("CONTINUATION without HEADERS", .protocolError, bytes: frame(9, flags: 4, stream: 1, [0x82])),
        Malformed(
            "another frame between HEADERS and CONTINUATION", .protocolError,
            bytes: frame(1, flags: 1, stream: 1, [0x82]) + frame(6, Array(repeating: 0, count: 8))),
        Malformed(
            "T8: CONTINUATION flood", .enhanceYourCalm, .protocolError,
            bytes: frame(1, flags: 1, stream: 1, RawPeer.block("/wait")) + times(2000) { _ in frame(9, stream: 1) }),
        Malformed("SETTINGS on a stream", .protocolError, bytes: frame(4, stream: 1)),
        Malformed("SETTINGS of odd length", .frameSizeError, bytes: frame(4, [0, 1, 0])),
        Malformed("SETTINGS ACK with a payload", .frameSizeError, bytes: frame(4, flags: 1, [0, 1, 0, 0, 0, 0])),
        Malformed(
            "SETTINGS with a window above 2^31-1", .flowControlError, bytes: frame(4, [0, 4, 0xff, 0xff, 0xff, 0xff])),
        Malformed("SETTINGS with a frame size of 1", .protocolError, bytes: frame(4, [0, 5, 0, 0, 0, 1])),
        Malformed("SETTINGS with ENABLE_PUSH 2", .protocolError, bytes: frame(4, [0, 2, 0, 0, 0, 2])),
        Malformed("T8: SETTINGS flood", .enhanceYourCalm, bytes: times(200) { _ in frame(4) }),
        Malformed("PING of 7 bytes", .frameSizeError, bytes: frame(6, [1, 2, 3, 4, 5, 6, 7])),
        Malformed("PING on a stream", .protocolError, bytes: frame(6, stream: 3, Array(repeating: 0, count: 8))),
        Malformed(
            "T8: PING flood", .enhanceYourCalm, bytes: times(500) { _ in frame(6, Array(repeating: 1, count: 8)) }),
        Malformed("WINDOW_UPDATE of 0 on the connection", .protocolError, bytes: frame(8, [0, 0, 0, 0])),
        Malformed(
            "WINDOW_UPDATE over 2^31-1 on the connection", .flowControlError, bytes: frame(8, [0x7f, 0xff, 0xff, 0xff])),
        Malformed("WINDOW_UPDATE of 3 bytes", .frameSizeError, bytes: frame(8, [0, 0, 1])),
        Malformed("WINDOW_UPDATE on an idle stream", .protocolError, bytes: frame(8, stream: 9, [0, 0, 0, 1])),
        Malformed("RST_STREAM on stream 0", .protocolError, bytes: frame(3, [0, 0, 0, 8])),
        Malformed("RST_STREAM on an idle stream", .protocolError, bytes: frame(3, stream: 9, [0, 0, 0, 8])),
        Malformed("RST_STREAM of 5 bytes", .frameSizeError, bytes: request(1) + frame(3, stream: 1, [0, 0, 0, 8, 0])),
        Malformed(
            "PUSH_PROMISE from a client", .protocolError, bytes: frame(5, flags: 4, stream: 1, [0, 0, 0, 2, 0x82])),
        Malformed("PRIORITY of 4 bytes", .frameSizeError, bytes: frame(2, stream: 1, [0, 0, 0, 0])),
        Malformed("GOAWAY on a stream", .protocolError, bytes: frame(7, stream: 1, Array(repeating: 0, count: 8))),
        Malformed("GOAWAY of 7 bytes", .frameSizeError, bytes: frame(7, Array(repeating: 0, count: 7))),
        Malformed(
            "T8: rapid reset", .enhanceYourCalm,
            bytes: times(3000) { request($0 * 2 + 1) + frame(3, stream: $0 * 2 + 1, [0, 0, 0, 8]) }),
        Malformed(
            "T8: resets provoked by stream errors (MadeYouReset)", .enhanceYourCalm, .protocolError,
            bytes: times(1000) { request($0 * 2 + 1) + frame(8, stream: $0 * 2 + 1, [0, 0, 0, 0]) }),
        Malformed(
            "T8: resets provoked by windows over 2^31-1 (MadeYouReset)", .enhanceYourCalm,
            bytes: times(400) {
                request($0 * 2 + 1) + frame(8, stream: $0 * 2 + 1, [0x7f, 0xff, 0xff, 0xff])
            }),
        Malformed(
            "T8: resets provoked by requests without a path", .enhanceYourCalm, .protocolError,
            bytes: times(1000) { frame(1, flags: 5, stream: $0 * 2 + 1, [0x82, 0x86]) }),
        Malformed(
            "T8: empty DATA flood", .enhanceYourCalm,
            bytes: request(1, endStream: false) + times(2000) { _ in frame(0, stream: 1) }),
        Malformed(
            "T8: HPACK bomb: one table entry referred to until it decodes to megabytes", .enhanceYourCalm,
            bytes: frame(
                1, flags: 4, stream: 1,
                RawPeer.block("/wait") + [0x40, 1, 0x61, 0x7f, 0x81, 0x1e] + Array(repeating: 0x61, count: 3968))
                + frame(1, flags: 5, stream: 3, RawPeer.block("/wait") + Array(repeating: 0xbe, count: 12000))),
        Malformed(
            "T8: PRIORITY flood", .enhanceYourCalm, bytes: times(5000) { _ in frame(2, stream: 3, [0, 0, 0, 1, 7]) }),
        Malformed(
            "T8: flood of frames of an unknown type", .enhanceYourCalm, bytes: times(5000) { _ in frame(0xbb, [1, 2]) }),
        Malformed(
            "not HTTP/2 at all, after the preface", .protocolError, .frameSizeError,
            bytes: Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)),
    ]

    /// Sent to a client as the server's bytes, while one request is open on stream 1.
    static let toClient: [Malformed] = [
        Malformed(
            "PUSH_PROMISE where push is off", .protocolError, bytes: frame(5, flags: 4, stream: 1, [0, 0, 0, 2, 0x82])),
        Malformed(
            "HEADERS on a stream that was never opened", .protocolError, bytes: frame(1, flags: 5, stream: 9, [0x88])),
        Malformed(
            "DATA padding longer than the frame", .protocolError,
            bytes: frame(1, flags: 4, stream: 1, [0x88]) + frame(0, flags: 8, stream: 1, [200, 1, 2])),
        Malformed(
            "HPACK index that does not exist", .compressionError,
            bytes: frame(1, flags: 5, stream: 1, [0xff, 0xff, 0x7f])),
        Malformed(
            "T8: PING flood at a client", .enhanceYourCalm,
            bytes: times(500) { _ in frame(6, Array(repeating: 1, count: 8)) }),
        Malformed("T8: SETTINGS flood at a client", .enhanceYourCalm, bytes: times(200) { _ in frame(4) }),
        Malformed(
            "T8: empty DATA flood at a client", .enhanceYourCalm,
            bytes: frame(1, flags: 4, stream: 1, [0x88]) + times(2000) { _ in frame(0, stream: 1) }),
        Malformed(
            "T8: HPACK bomb at a client", .enhanceYourCalm,
            bytes: frame(
                1, flags: 4, stream: 1,
                [0x88, 0x40, 1, 0x61, 0x7f, 0x81, 0x1e] + Array(repeating: 0x61, count: 3968)
                    + Array(repeating: 0xbe, count: 12000))),
        Malformed("SETTINGS with ENABLE_PUSH from a server", .protocolError, bytes: frame(4, [0, 2, 0, 0, 0, 1])),
    ]
}

@Suite("Malformed frames", .timeLimit(.minutes(10)))
struct MalformedTests {
    @Test("a server's session ends with the right error, and no other session notices", arguments: Malformed.toServer)
    func server(_ malformed: Malformed) async throws {
        // A peer that goes on after its GOAWAY is closed by the keepalive at the latest.
        let listener = try await TestListener.start(.defaults)
        let bystander = try await listener.client()
        let waiting = bystander.start(post("/echo"), hasBody: true)
        _ = try await waiting.response()
        let raw = RawPeer()
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { $0.pipeline.addHandler(raw) }
            .connect(host: "127.0.0.1", port: listener.port).get()
        // The server may close while this is still being written.
        try? await channel.writeAndFlush(
            ByteBuffer(bytes: RawPeer.preface + RawPeer.settings + RawPeer.settingsAck + malformed.bytes))
        try await channel.closeFuture.get()
        if let code = raw.goAway {
            #expect(malformed.expected.map { RawPeer.HTTP2Code($0.rawValue) }.contains(code), "GOAWAY said \(code)")
        } else {
            // A flood may still be arriving when we close, and the reset overtakes our GOAWAY.
            #expect(malformed.bytes.count > 1000)
        }
        try await waiting.write(ByteBuffer(string: "still here"))
        waiting.finish()
        #expect(try await waiting.next().map { String(buffer: $0) } == "still here")
        #expect(try await bystander.send(Request(head: get("/hello"))).text() == "hello")
        while bystander.callsInFlight > 0 { await Task.yield() }
    }

    @Test("a client's session ends with the right error, and its call fails", arguments: Malformed.toClient)
    func client(_ malformed: Malformed) async throws {
        let raw = RawPeer()
        let server = try await ServerBootstrap(group: group)
            .childChannelInitializer { $0.pipeline.addHandler(raw) }
            .childChannelOption(.allowRemoteHalfClosure, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        let client = try await connectClient(port: server.localAddress?.port ?? 0)
        let call = client.start(get("/x"), hasBody: false)
        try await raw.requests(1)
        try await raw.write(RawPeer.settings + RawPeer.settingsAck + malformed.bytes)
        try await client.closeFuture.get()
        await #expect(throws: StreamError.self) {
            let response = try await call.response()
            _ = try await response.collect()
        }
        try await raw.closed()
        if let code = raw.goAway {
            #expect(malformed.expected.map { RawPeer.HTTP2Code($0.rawValue) }.contains(code), "GOAWAY said \(code)")
        } else {
            #expect(malformed.bytes.count > 1000)
        }
    }
}
