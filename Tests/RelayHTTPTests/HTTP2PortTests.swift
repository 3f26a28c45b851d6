import NIOCore
import ReverseHTTP
import TestSupport
import Testing

@testable import RelayHTTP

private typealias Kind = HTTP2FrameWatch.Kind

@Suite("HTTP/2 on the public port", .timeLimit(.minutes(10)))
struct HTTP2PortTests {
    @Test("an upload answered early gets the whole answer, then RST_STREAM with NO_ERROR", arguments: [true, false])
    func earlyAnswer(isSilent: Bool) async throws {
        var limits = PortLimits.patient
        limits.lingerSilence = isSilent ? .milliseconds(100) : .hours(1)
        limits.linger = .hours(1)
        limits.lingerBytes = isSilent ? .max : 100_000
        try await TestPort.with(limits: limits) { port in
            let client = try await port.http2()
            try await client.send(RawHTTP2.request("POST", "/refuse", stream: 1, ends: false))
            let answer = await client.frames { $0.stream == 1 && $0.endsStream && $0.kind == Kind.data }
            #expect(answer.contains { $0.kind == Kind.headers })
            #expect(!answer.contains { $0.kind == Kind.resetStream })
            if !isSilent {
                // Credit comes back for what is thrown away, until it is too much.
                let piece = RawHTTP2.frame(Kind.data, stream: 1, [UInt8](repeating: 0x78, count: 16_000))
                for _ in 0..<3 { try await client.send(piece) }
                _ = await client.frames { $0.kind == Kind.windowUpdate && $0.stream == 1 }
                for _ in 0..<4 { try await client.send(piece) }
            }
            let end = await client.frames { $0.kind == Kind.resetStream }
            #expect(end.last?.stream == 1 && end.last?.code == 0)
            try await client.send(RawHTTP2.request("GET", "/hello", stream: 3))
            let next = await client.frames { $0.stream == 3 && $0.endsStream }
            #expect(next.last?.stream == 3 && !next.contains { $0.kind == Kind.goAway })
        }
    }

    @Test("an upload that ends after its answer is not reset")
    func lateEnd() async throws {
        var limits = PortLimits.patient
        limits.lingerSilence = .hours(1)
        limits.linger = .hours(1)
        try await TestPort.with(limits: limits) { port in
            let client = try await port.http2()
            try await client.send(RawHTTP2.request("POST", "/refuse", stream: 1, ends: false))
            _ = await client.frames { $0.stream == 1 && $0.endsStream }
            try await client.send(RawHTTP2.frame(Kind.data, flags: 1, stream: 1, Array("the end".utf8)))
            try await client.send(RawHTTP2.request("GET", "/hello", stream: 3))
            let next = await client.frames { $0.stream == 3 && $0.endsStream }
            #expect(!next.contains { $0.kind == Kind.resetStream || $0.kind == Kind.goAway })
        }
    }

    @Test(
        "one stream's error ends that stream, and neither the connection nor another stream",
        arguments: [("Upper", "case"), ("connection", "close"), ("content-length", "7")])
    func streamError(field: (String, String)) async throws {
        try await TestPort.with { port in
            let client = try await port.http2()
            try await client.send(RawHTTP2.request("POST", "/echo", stream: 1, ends: false))
            try await client.send(RawHTTP2.request("POST", "/echo", stream: 3, fields: [field]))
            let reset = await client.frames { $0.kind == Kind.resetStream || $0.kind == Kind.goAway }
            #expect(reset.last?.kind == Kind.resetStream && reset.last?.stream == 3)
            try await client.send(RawHTTP2.frame(Kind.data, flags: 1, stream: 1, Array("whole".utf8)))
            let answer = await client.frames { $0.stream == 1 && $0.endsStream }
            #expect(answer.contains { $0.kind == Kind.data && $0.payload == Array("whole".utf8) })
        }
    }

    @Test("an error of the connection ends it with GOAWAY")
    func connectionError() async throws {
        try await TestPort.with { port in
            let client = try await port.http2()
            // A stream of the server's (RFC 9113, section 5.1.1).
            try await client.send(RawHTTP2.request("GET", "/hello", stream: 2))
            let frames = await client.frames { _ in false }
            #expect(frames.last?.kind == Kind.goAway && frames.last?.code != 0)
        }
    }

    @Test(
        "WINDOW_UPDATE, PRIORITY and unknown frames without end are ENHANCE_YOUR_CALM",
        arguments: [
            RawHTTP2.frame(Kind.windowUpdate, [0, 0, 0, 1]), RawHTTP2.frame(0x2, stream: 1, [0, 0, 0, 0, 16]),
            RawHTTP2.frame(0xbe, Array("what".utf8)),
        ])
    func flood(frame: [UInt8]) async throws {
        try await TestPort.with { port in
            let client = try await port.http2()
            let many = Array(repeatElement(frame, count: 1000).joined())
            for _ in 0..<8 { try await client.send(many) }
            let frames = await client.frames { _ in false }
            #expect(frames.last?.kind == Kind.goAway && frames.last?.code == HTTP2ErrorCode.enhanceYourCalm.rawValue)
            let other = try await port.curl(port.url("/hello"))
            #expect(other.output.hasPrefix("hello 200"))
        }
    }

    @Test("WINDOW_UPDATE frames for what was sent are as many as it takes")
    func windowUpdates() {
        func frame(_ kind: UInt8) -> HTTP2FrameWatch.Frame { .init(length: 4, kind: kind, flags: 0, stream: 1) }
        let now = NIODeadline.now()
        var budget = HTTP2FrameBudget(now: now)
        for _ in 0..<100_000 {
            budget.sent(frame(Kind.data))
            for _ in 0..<2 {
                let isWithin = budget.received(frame(Kind.windowUpdate), now: now)
                #expect(isWithin)
            }
        }
        var unasked = 0
        while budget.received(frame(Kind.windowUpdate), now: now) { unasked += 1 }
        #expect(unasked < 10_000)
        for kind in [Kind.data, Kind.headers] {
            let isWithin = budget.received(frame(kind), now: now)
            #expect(isWithin)
        }
    }

    @Test("an HTTP/2 answer that the client gives no window for has a deadline")
    func unread() async throws {
        var limits = PortLimits.patient
        limits.unwritten = .milliseconds(300)
        try await TestPort.with(limits: limits) { port in
            let client = try await port.http2()
            // SETTINGS_INITIAL_WINDOW_SIZE 0.
            try await client.send(RawHTTP2.frame(Kind.settings, [0, 4, 0, 0, 0, 0]))
            try await client.send(RawHTTP2.request("GET", "/hello", stream: 1))
            let frames = await client.frames { $0.kind == Kind.resetStream }
            #expect(frames.last?.stream == 1 && !frames.contains { $0.kind == Kind.data })
        }
    }
}
