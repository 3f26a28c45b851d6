import NIOCore
import NIOHTTP1
import Testing

@testable import Connector
@testable import ReverseHTTP

@Suite struct ExchangeTests {
    @Test func aGETReachesTheOriginAndItsAnswerComesBack() async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            try await Rig.with([origin.rule]) { rig in
                let answer = try await rig.call("GET", "/a?b=c", authority: origin.authority)
                #expect(answer.status == 200)
                #expect(answer.body == "GET /a?b=c HTTP/1.1")
            }
        }
    }

    @Test("method: LIST and other valid tokens reach the origin, and a GET with its body")
    func anyMethod() async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            try await Rig.with([origin.rule]) { rig in
                for method in ["LIST", "PROPFIND", "M-SEARCH", "x-custom"] {
                    #expect(try await rig.call(method, authority: origin.authority).body == "\(method) / HTTP/1.1")
                }
                let found = try await rig.call(
                    authority: origin.authority, headers: ["content-length": "5"], body: "query")
                #expect(found.body == "got query")
                #expect(origin.seen.connections == 1)
            }
        }
    }

    @Test func aPOSTKeepsItsLengthAndItsConnectionServesTheNext() async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            try await Rig.with([origin.rule]) { rig in
                for _ in 0..<3 {
                    let answer = try await rig.call(
                        "POST", "/", authority: origin.authority, headers: ["content-length": "5"], body: "hello")
                    #expect(answer.body == "got hello")
                }
                #expect(origin.seen.connections == 1)
                #expect(origin.seen.requests.allSatisfy { !$0.contains("transfer-encoding") })
            }
        }
    }

    @Test func aBodyWithoutLengthIsChunkedAndAnEmptyPOSTSaysSo() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            while let head = try await connection.head() {
                if head.contains("transfer-encoding: chunked") {
                    let body = try await connection.until("0\r\n\r\n") ?? ""
                    try await connection.answer(body)
                } else {
                    try await connection.answer(head.contains("content-length: 0") ? "empty" : "unsaid")
                }
            }
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                let chunked = try await rig.call("POST", "/", authority: origin.authority, body: "hello")
                #expect(chunked.body == "5\r\nhello\r\n0\r\n\r\n")
                let empty = try await rig.call("POST", "/", authority: origin.authority)
                #expect(empty.body == "empty")
            }
        }
    }

    @Test func hopByHopAndTunnelHeadersStayWhereTheyBelong() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            while try await connection.head() != nil {
                try await connection.write(
                    "HTTP/1.1 200 OK\r\nconnection: x-mine\r\nx-mine: 1\r\nkeep-alive: timeout=5\r\n"
                        + "proxy-status: penstock-connector; error=dns_error\r\npenstock-secret: 1\r\n"
                        + "x-padded: value  \r\nx-end: 2\r\ncontent-length: 2\r\n\r\nok")
            }
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                let answer = try await rig.call(
                    authority: origin.authority,
                    headers: [
                        "penstock-request-id": "r1", "penstock-deadline-ms": "600000", "te": "trailers",
                        "traceparent": "00-1", "proxy-authorization": "x",
                    ])
                #expect(answer.body == "ok")
                #expect(answer.headers["x-end"] == ["2"])
                #expect(answer.headers["x-padded"] == ["value"])
                for name in ["x-mine", "keep-alive", "connection", "proxy-status", "penstock-secret"] {
                    #expect(!answer.headers.contains(name: name))
                }
                let head = try #require(origin.seen.requests.first)
                #expect(head.contains("host: \(origin.authority)\r\n"))
                #expect(head.contains("traceparent: 00-1\r\n"))
                #expect(!head.contains("penstock-") && !head.contains("te:") && !head.contains("proxy-"))
            }
        }
    }

    @Test func interimResponsesArePassedOverAndHEADAnd204HaveNoBody() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            while let head = try await connection.head() {
                if head.hasPrefix("HEAD") {
                    try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n")
                } else if head.contains("/204") {
                    try await connection.write("HTTP/1.1 204 No Content\r\n\r\n")
                } else {
                    try await connection.write(
                        "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na")
                }
            }
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                #expect(try await rig.call(authority: origin.authority).body == "a")
                let head = try await rig.call("HEAD", authority: origin.authority)
                #expect(head.headers["content-length"] == ["99"] && head.body.isEmpty)
                #expect(try await rig.call("GET", "/204", authority: origin.authority).status == 204)
                #expect(try await rig.call(authority: origin.authority).body == "a")
                #expect(origin.seen.connections == 1)
            }
        }
    }

    @Test("T6: each chunk of a response leaves before the next exists")
    func responseChunksLeaveAtOnce() async throws {
        let (acknowledged, acknowledge) = AsyncStream.makeStream(of: Void.self)
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            var acknowledgements = acknowledged.makeAsyncIterator()
            for number in 0..<5 {
                try await connection.write("6\r\nchunk\(number)\r\n")
                await acknowledgements.next()
            }
            try await connection.write("0\r\nx-sum: 5\r\n\r\n")
            try await connection.untilClosed()
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                let head = RequestHead(method: "POST", scheme: "http", authority: origin.authority, path: "/")
                let response = try await rig.session.send(Request(head: head))
                guard case .streamed(let call) = response.body else {
                    Issue.record("the head came only with the whole body")
                    return
                }
                for number in 0..<5 {
                    let chunk = try await call.next()
                    #expect(chunk.map { String(buffer: $0) } == "chunk\(number)")
                    acknowledge.yield()
                }
                #expect(try await call.next() == nil)
                #expect(call.trailers?.first(name: "x-sum") == "5")
            }
        }
    }

    @Test("T6: each part of a request leaves before the next exists")
    func requestPartsLeaveAtOnce() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            while let part = try await connection.until("\r\n"), part != "0\r\n" {
                let text = try await connection.until("\r\n") ?? ""
                try await connection.write("5\r\n\(text.prefix(5))\r\n")
            }
            try await connection.write("0\r\n\r\n")
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                let head = RequestHead(method: "POST", scheme: "http", authority: origin.authority, path: "/")
                let call = await rig.session.start(head, hasBody: true)
                _ = try await call.response()
                for number in 0..<5 {
                    try await call.write(ByteBuffer(string: "part\(number)"))
                    #expect(try await call.next().map { String(buffer: $0) } == "part\(number)")
                }
                call.finish()
                #expect(try await call.next() == nil)
            }
        }
    }

    @Test func aCancelledCallClosesItsOriginConnection() async throws {
        let (closed, close) = AsyncStream.makeStream(of: Void.self)
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n")
            try? await connection.untilClosed()
            close.yield()
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                let head = RequestHead(method: "GET", scheme: "http", authority: origin.authority, path: "/")
                let call = await rig.session.start(head, hasBody: false)
                _ = try await call.response()
                _ = try await call.next()
                call.cancel()
                var ends = closed.makeAsyncIterator()
                await ends.next()
            }
        }
    }

    @Test func aStalledReaderHoldsItsOriginBack() async throws {
        let written = Tally()
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: \(64 << 20)\r\n\r\n")
            let block = String(repeating: "x", count: 64 << 10)
            for _ in 0..<1024 {
                try await connection.write(block)
                written.add(block.utf8.count)
            }
            try await connection.untilClosed()
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                let head = RequestHead(method: "GET", scheme: "http", authority: origin.authority, path: "/")
                let call = await rig.session.start(head, hasBody: false)
                _ = try await call.response()
                _ = try await call.next()
                // Other calls go on while this one is not read.
                for _ in 0..<200 { _ = try await rig.call("GET", "/no", authority: "127.0.0.1:1") }
                // The windows of the stream, the two queues on the way, and the kernel's socket buffers.
                #expect(written.value < 24 << 20)
                var total = 0
                while let chunk = try await call.next() { total += chunk.readableBytes }
                #expect(total > 60 << 20)
            }
        }
    }

    @Test func aStalledOriginHoldsItsCallerBack() async throws {
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            var signals = released.makeAsyncIterator()
            await signals.next()
            _ = try await connection.body(32 << 20)
            try await connection.answer("done")
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                let size = 32 << 20
                let head = RequestHead(
                    method: "POST", scheme: "http", authority: origin.authority, path: "/",
                    headers: ["content-length": "\(size)"])
                let call = await rig.session.start(head, hasBody: true)
                let sent = Tally()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        let block = ByteBuffer(repeating: 0x78, count: 64 << 10)
                        for _ in 0..<(size / block.readableBytes) {
                            try await call.write(block)
                            sent.add(block.readableBytes)
                        }
                        call.finish()
                    }
                    for _ in 0..<200 { _ = try await rig.call("GET", "/no", authority: "127.0.0.1:1") }
                    #expect(sent.value < 16 << 20)
                    release.yield()
                    #expect(try await Answer(call.response()).body == "done")
                    try await group.waitForAll()
                }
            }
        }
    }
}
