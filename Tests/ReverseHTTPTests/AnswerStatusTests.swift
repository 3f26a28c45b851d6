import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import ReverseHTTP

/// What a server's status may do to a call. `:status` is a literal without indexing, its name from the static table.
@Suite("Status codes on a stream", .timeLimit(.minutes(10)))
struct AnswerStatusTests {
    private static func head(_ status: String, flags: UInt8, stream: UInt32 = 1) -> [UInt8] {
        RawPeer.frame(1, flags: flags, stream: stream, [0x08, UInt8(status.utf8.count)] + Array(status.utf8))
    }

    private static let data = RawPeer.frame(0, flags: 1, stream: 1, Array("body".utf8))

    private func withPeer<R>(
        _ configuration: SessionConfiguration = .patient, _ body: (RawPeer, ClientSession) async throws -> R
    ) async throws -> R {
        let raw = RawPeer()
        let server = try await ServerBootstrap(group: group)
            .childChannelInitializer { $0.pipeline.addHandler(raw) }
            .bind(host: "127.0.0.1", port: 0).get()
        let client = try await connectClient(port: server.localAddress?.port ?? 0, configuration)
        let result: Result<R, any Error>
        do { result = .success(try await body(raw, client)) } catch { result = .failure(error) }
        client.close()
        try await client.closeFuture.get()
        try await server.close()
        return try result.get()
    }

    @Test(
        "a status that HTTP/2 does not have is an error of that stream, whatever follows it: the call ends without a deadline",
        arguments: ["099", "000", "101", "600", "999", "20", "2000", "abc", "2 0", "\u{661}"], [0, 1, 2])
    func unknown(_ status: String, _ form: Int) async throws {
        try await withPeer { raw, client in
            let call = client.start(get("/x"), hasBody: false)
            try await raw.requests(1)
            let bytes =
                switch form {
                case 0: Self.head(status, flags: 4) + Self.data
                case 1: Self.head(status, flags: 5)
                default: Self.head(status, flags: 4)
                }
            try await raw.write(RawPeer.settings + RawPeer.settingsAck + bytes)
            let error = await #expect(throws: StreamError.self) {
                _ = try await call.response().collect()
            }
            #expect(error?.code == .malformed)
            #expect(client.isAccepting)
        }
    }

    @Test("interim answers are neither the answer nor its end")
    func interim() async throws {
        try await withPeer { raw, client in
            let call = client.start(get("/x"), hasBody: false)
            try await raw.requests(1)
            let interim = ["100", "102", "103", "199"].flatMap { Self.head($0, flags: 4) }
            try await raw.write(
                RawPeer.settings + RawPeer.settingsAck + interim + Self.head("200", flags: 4) + Self.data)
            let response = try await call.response()
            #expect(response.head.status == 200)
            #expect(try await response.text() == "body")
        }
    }

    @Test(
        "an interim answer that ends its stream, and a body without a head, end the call",
        arguments: [head("100", flags: 5), head("103", flags: 4) + data, data])
    func interimEnd(_ bytes: [UInt8]) async throws {
        try await withPeer { raw, client in
            let call = client.start(get("/x"), hasBody: false)
            try await raw.requests(1)
            try await raw.write(RawPeer.settings + RawPeer.settingsAck + bytes)
            await #expect(throws: StreamError.self) { _ = try await call.response().collect() }
        }
    }

    @Test("a deadline ends the call though the peer reads nothing, and so its reset cannot leave")
    func deafPeer() async throws {
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_rcvbuf), value: 16 << 10)
            .childChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        let configuration = SessionConfiguration.patient
        let client = try await connectClient(port: listener.localAddress?.port ?? 0, configuration)
        // The kernel's buffers take some; then nothing leaves any more.
        let stuck = (0..<95).map {
            client.start(get("/\($0)", headers: ["x": String(repeating: "~", count: 60_000)]), hasBody: false)
        }
        while client.channel.isWritable { await Task.yield() }
        let error = await #expect(throws: StreamError.self) {
            try await client.send(Request(head: get("/x"), deadline: CallDeadline(.now() + .milliseconds(10))))
        }
        #expect(error?.code == .timedOut)
        for call in stuck { call.cancel() }
        for call in stuck {
            let error = await #expect(throws: StreamError.self) { try await call.response() }
            #expect(error?.code == .cancelled)
        }
        client.close()
        try await client.closeFuture.get()
        try await listener.close()
    }

    @Test("T8: a client that leaves calls which are being answered keeps its session; rapid resets do not")
    func leavingAnswers() async throws {
        var configuration = SessionConfiguration.patient
        configuration.budgets.reset = .init(burst: 5, perSecond: 0)
        // No second passes, however busy the machine is.
        let moment = NIODeadline.now()
        configuration.now = { moment }
        let listener = try await TestListener.start(configuration)
        let client = try await listener.client()
        for _ in 0..<30 {
            let call = client.start(post("/echo"), hasBody: true)
            _ = try await call.response()
            call.cancel()
        }
        #expect(try await client.send(Request(head: get("/hello"))).text() == "hello")
        for number in 1...6 {
            let call = client.start(get("/wait"), hasBody: false)
            while listener.peer.requests("/wait") < number { await Task.yield() }
            call.cancel()
        }
        try await client.closeFuture.get()
    }

    @Test("a server that resets every call keeps its session; resets of what is not there do not")
    func manyResets() async throws {
        var configuration = SessionConfiguration.patient
        configuration.budgets.reset = .init(burst: 20, perSecond: 0)
        try await withPeer(configuration) { raw, client in
            try await raw.write(RawPeer.settings + RawPeer.settingsAck)
            for turn in 0..<60 {
                let call = client.start(get("/x"), hasBody: false)
                try await raw.requests(turn + 1)
                try await raw.write(RawPeer.frame(3, stream: UInt32(turn * 2 + 1), [0, 0, 0, 2]))
                await #expect(throws: StreamError.self) { try await call.response() }
            }
            #expect(client.isAccepting)
            let again = (0..<60).flatMap { _ in RawPeer.frame(3, stream: 1, [0, 0, 0, 8]) }
            try await raw.write(again)
            try await client.closeFuture.get()
        }
    }
}
