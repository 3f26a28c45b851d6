import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import RelayHTTP

/// Each test waits for the relay to close the connection, and gets there only if it does.
@Suite("port limits", .timeLimit(.minutes(10)))
struct PortLimitTests {
    private static func short(
        _ path: WritableKeyPath<PortLimits, TimeAmount>, _ limit: TimeAmount = .milliseconds(500)
    ) -> PortLimits {
        var limits = PortLimits.patient
        limits[keyPath: path] = limit
        return limits
    }

    @Test("T15: a handshake that takes too long is closed")
    func slowHandshake() async throws {
        try await TestPort.with(limits: Self.short(\.handshake)) { port in
            let channel = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port.port).get()
            try await channel.closeFuture.get()
        }
    }

    @Test("T15: a first head that does not come is closed", arguments: ["", "GET /hello HTTP/1.1\r\nHost: local"])
    func slowFirstHead(start: String) async throws {
        try await TestPort.with(limits: Self.short(\.head)) { port in
            let connection = try await port.raw()
            try await connection.send(start)
            #expect(await connection.readToEnd() == "")
        }
    }

    @Test("T15: a later head that takes too long is closed")
    func slowLaterHead() async throws {
        let isAnswered = Mutex(false)
        // On a busy machine a short limit may pass before the first head is there.
        for limit in [TimeAmount.milliseconds(500), .seconds(5), .seconds(50)] where !isAnswered.withLock({ $0 }) {
            try await TestPort.with(limits: Self.short(\.head, limit)) { port in
                let connection = try await port.raw()
                try await connection.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
                guard await connection.read(until: "hello").hasPrefix("HTTP/1.1 200 ") else { return }
                isAnswered.withLock { $0 = true }
                try await connection.send("GET /hello HTTP/1.1\r\nHost: local")
                #expect(await connection.readToEnd() == "")
            }
        }
        #expect(isAnswered.withLock { $0 })
    }

    @Test("T15: a connection idle between requests is closed")
    func idle() async throws {
        try await TestPort.with(limits: Self.short(\.idle)) { port in
            let connection = try await port.raw()
            try await connection.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(await connection.readToEnd().hasSuffix("hello"))
        }
    }

    @Test("T15: a body that does not come is closed")
    func slowBody() async throws {
        try await TestPort.with(limits: Self.short(\.idle)) { port in
            let connection = try await port.raw()
            try await connection.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhe")
            #expect(await connection.readToEnd() == "")
        }
    }

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]

    @Test(
        "T15: an HTTP/2 preface or header block that takes too long is closed",
        arguments: [[], preface + [0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82]])
    func slowHTTP2(bytes: [UInt8]) async throws {
        try await TestPort.with(limits: Self.short(\.head)) { port in
            let connection = try await port.raw(alpn: "h2")
            try await connection.send(bytes: bytes)
            try await connection.channel.closeFuture.get()
        }
    }

    @Test("T15: an HTTP/2 connection that is silent both ways is closed, though it answers no GOAWAY")
    func silentHTTP2() async throws {
        try await TestPort.with(limits: Self.short(\.silence)) { port in
            let connection = try await port.raw(alpn: "h2")
            try await connection.send(bytes: Self.preface)
            try await connection.channel.closeFuture.get()
        }
    }

    @Test(
        "T15: a head over the limits is refused with 431",
        arguments: [
            "X: \(String(repeating: "x", count: 33 << 10))\r\n",
            (0..<3).map { "X\($0): \(String(repeating: "x", count: 24 << 10))\r\n" }.joined(),
            (0..<101).map { "X\($0): x\r\n" }.joined(),
        ])
    func oversizeHead(fields: String) async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            try await connection.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n")
            let answer = await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 431 "))
            #expect(answer.contains("application/problem+json") && answer.contains("INVALID_REQUEST"))
        }
    }

    @Test("T15: a head within the limits is taken")
    func largeHead() async throws {
        try await TestPort.with { port in
            let fields = (0..<90).map { "X\($0): \(String(repeating: "x", count: 600))\r\n" }.joined()
            let connection = try await port.raw()
            try await connection.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n")
            #expect(await connection.read(until: "hello").hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test(
        "what is no HTTP/1.1 request is refused with 400",
        arguments: [
            "SSH-2.0-OpenSSH_9.2\r\n\r\n", "GET /hello HTTP/1.1\r\nBad Header\r\n\r\n", "GET /\u{1} HTTP/1.1\r\n\r\n",
        ])
    func malformed(text: String) async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            try await connection.send(text)
            #expect(await connection.readToEnd().hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test("what is no HTTP/1.1 request after one that was is refused with 400")
    func malformedLater() async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            try await connection.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(await connection.read(until: "hello").hasPrefix("HTTP/1.1 200 "))
            try await connection.send("\u{1}\u{2}\r\n\r\n")
            #expect(await connection.readToEnd().hasPrefix("HTTP/1.1 400 "))
        }
    }
}
