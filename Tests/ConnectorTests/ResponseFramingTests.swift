import NIOCore
import NIOHTTP1
import Testing

@testable import Connector
@testable import ReverseHTTP

/// S11 and S12 with an origin that answers byte for byte what a case says.
@Suite(.serialized) struct ResponseFramingTests {
    @Test(
        "S11: a response whose end two readers could see elsewhere is refused",
        arguments: [
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ncontent-length: 0x5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: xchunked\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\nhello",
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "HTTP/1.0 200 OK\r\n\r\nhello",
            "HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nhello",
            "HTTP/2.0 200 OK\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/0.9 200 OK\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ncontent-length : 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\n content-length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nx y: 5\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\n: 5\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nx: a\u{0}b\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 2000 OK\r\ncontent-length: 5\r\n\r\nhello",
            "hello, I speak no HTTP\r\n\r\n",
        ])
    func ambiguousResponsesAreRefused(_ response: String) async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.write(response)
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                let answer = try await rig.call(authority: origin.authority)
                #expect(answer.status == 502)
                #expect(answer.proxyError == "http_protocol_error")
                #expect(answer.isSent == true)
            }
        }
    }

    @Test(
        "S11: a chunked body that breaks off or is malformed resets the stream",
        arguments: [
            "5\r\nhello\r\nzz\r\n", "5\r\nhel", "5\r\nhelloworld\r\n0\r\n\r\n", "ffffffffffffffffff\r\nhello\r\n",
            "5\nhello\n0\n\n", "-5\r\nhello\r\n",
        ])
    func brokenChunksResetTheStream(_ body: String) async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + body)
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                _ = await #expect(throws: StreamError.self) {
                    _ = try await rig.call(authority: origin.authority)
                }
            }
        }
    }

    @Test(
        "what real servers send and RFC 9112 allows passes through the tunnel",
        arguments: [
            "HTTP/1.1 200 OK\ncontent-length: 5\n\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: 5   \r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5  \r\nhello\r\n0  \r\n\r\n",
            "HTTP/1.1 200 OK\r\nx-folded: one\r\n   two\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 200\r\ncontent-length: 5\r\n\r\nhello",
        ])
    func lenientHeads(_ response: String) async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            while try await connection.head() != nil { try await connection.write(response) }
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                for _ in 0..<2 {
                    let answer = try await rig.call(authority: origin.authority)
                    #expect(answer.status == 200 && answer.body == "hello")
                    if response.contains("folded") { #expect(answer.headers["x-folded"] == ["one two"]) }
                }
                #expect(origin.seen.connections == 1)
            }
        }
    }

    @Test("latin-1 bytes in response headers reach the relay, and are not replaced")
    func latin1() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.write(bytes: Array("HTTP/1.1 200 OK\r\nx-name: caf".utf8) + [0xe9, 0x0d, 0x0a])
            try await connection.write("x-utf8: caf\u{e9}\r\ncontent-length: 0\r\n\r\n")
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                let answer = try await rig.call(authority: origin.authority)
                #expect(answer.headers["x-name"] == ["caf\u{e9}"] && answer.headers["x-utf8"] == ["caf\u{e9}"])
            }
        }
    }

    @Test("a DELETE answered by 204 with a nonzero Content-Length is done, and sent once")
    func noContentWithLength() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            while try await connection.head() != nil {
                try await connection.write("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\nx-done: yes\r\n\r\n")
            }
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                for _ in 0..<2 {
                    let answer = try await rig.call("DELETE", "/thing", authority: origin.authority)
                    #expect(answer.status == 204 && answer.body.isEmpty && answer.headers["x-done"] == ["yes"])
                    #expect(answer.proxyError == nil)
                }
                #expect(origin.seen.requests.count == 2)
                // What the 204 promised might come yet: nobody else's answer may begin with it.
                #expect(origin.seen.connections == 2)
            }
        }
    }

    @Test("an origin's status of 600 to 999 is a failure that says what was received", arguments: ["600", "999"])
    func unknownStatus(_ status: String) async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.answer("odd", status: "\(status) Odd")
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                let answer = try await rig.call(authority: origin.authority)
                #expect(answer.status == 502 && answer.proxyError == "http_protocol_error" && answer.isSent == true)
                #expect(answer.headers.first(name: "proxy-status")?.contains("received-status=\(status)") == true)
            }
        }
    }

    /// What an origin may do as often as it likes; here twice as often as any budget of this relay's session allows.
    static let harms: [String] = [
        "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n", "HTTP/1.1 099 What\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 000 What\r\n\r\n", "HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n", "HTTP/1.1 999 Odd\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: \u{1}\r\n\r\n", "HTTP/1.1 200 OK\r\nx[]: 1\r\n\r\n", "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-trailer: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n" + String(repeating: "a:b\r\n", count: 3000)
            + "\r\n",
        "HTTP/1.1 200 OK\r\n" + String(repeating: "a:b\r\n", count: 3000) + "\r\n",
        "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n",
    ]

    @Test("what an origin answers never costs the session, however often", arguments: harms)
    func sessionSurvives(_ response: String) async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            guard let head = try await connection.head() else { return }
            if head.contains("/well") { return try await connection.answer("well") }
            try await connection.write(response)
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig async throws in
                let session = await rig.session
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            for _ in 0..<10 {
                                _ = try? await rig.call(authority: origin.authority)
                            }
                        }
                    }
                }
                #expect(session.isAccepting)
                #expect(try await rig.call("GET", "/well", authority: origin.authority).body == "well")
            }
        }
    }

    @Test("S11: HTTP/1.0 with a length is passed on, and its connection not used again")
    func http10WithLength() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            while try await connection.head() != nil {
                try await connection.write("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok")
            }
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig async throws in
                for _ in 0..<2 { #expect(try await rig.call(authority: origin.authority).body == "ok") }
                #expect(origin.seen.connections == 2)
            }
        }
    }

    @Test("S11: an HTTP/1.1 body may last until the connection ends")
    func untilClose() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\n\r\nall of it")
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig async throws in
                #expect(try await rig.call(authority: origin.authority).body == "all of it")
                #expect(try await rig.call(authority: origin.authority).body == "all of it")
                #expect(origin.seen.connections == 2)
            }
        }
    }

    @Test(
        "S11: what stands behind a response never answers the next request",
        arguments: [
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-len",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokH",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-",
        ])
    func leftoversNeverAnswer(_ first: String) async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            while try await connection.head() != nil {
                if connection.number == 1 {
                    try await connection.write(first)
                } else {
                    try await connection.answer("true")
                }
            }
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig async throws in
                #expect(try await rig.call(authority: origin.authority).body == "ok")
                #expect(try await rig.call(authority: origin.authority).body == "true")
                #expect(origin.seen.connections == 2)
            }
        }
    }

    @Test("S11: bytes that come while a connection is idle close it")
    func unsolicitedBytes() async throws {
        let (answered, closed) = (Signal(), Signal())
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            if connection.number == 1 {
                _ = try await connection.head()
                try await connection.answer("one")
                await answered.wait()
                try await connection.write("HTTP/1.1 200 OK\r\ncontent-le")
                try await connection.untilClosed()
                closed.open()
            } else {
                while try await connection.head() != nil { try await connection.answer("two") }
            }
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig async throws in
                #expect(try await rig.call(authority: origin.authority).body == "one")
                answered.open()
                await closed.wait()
                #expect(try await rig.call(authority: origin.authority).body == "two")
            }
        }
    }

    @Test("S11: a response that comes before the request has ended leaves its connection unused")
    func earlyResponse() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            while try await connection.head() != nil {
                try await connection.answer("\(connection.number)", status: "413 Too Large")
                if connection.number == 1 { try await connection.untilClosed() }
            }
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                let head = RequestHead(
                    method: "POST", scheme: "http", authority: origin.authority, path: "/",
                    headers: ["content-length": "1000"])
                let call = await rig.session.start(head, hasBody: true)
                try await call.write(ByteBuffer(string: "only the beginning"))
                let answer = try await Answer(call.response())
                #expect(answer.status == 413 && answer.body == "1")
                #expect(try await rig.call(authority: origin.authority).body == "2")
            }
        }
    }

    @Test("S12: an origin that switches protocols is refused, and nothing raw passes")
    func switchingProtocols() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\nraw")
            try await connection.untilClosed()
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                let answer = try await rig.call(
                    authority: origin.authority, headers: ["sec-websocket-key": "x", "accept": "*/*"])
                #expect(answer.status == 502 && answer.proxyError == "http_protocol_error")
                #expect(origin.seen.requests.first?.contains("upgrade") == false)
            }
        }
    }

    @Test("S10: a header list larger than the tunnel's is refused")
    func headersTooLarge() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\n")
            for number in 0..<100 {
                try await connection.write("x-\(number): \(String(repeating: "a", count: 1000))\r\n")
            }
            try await connection.write("content-length: 0\r\n\r\n")
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                let answer = try await rig.call(authority: origin.authority)
                #expect(answer.status == 502 && answer.proxyError == "http_response_header_section_size")
            }
        }
    }

    @Test("S10: a body larger than limits.response_bytes is refused, or cut where its length was not told")
    func bodyTooLarge() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            let head = try await connection.head() ?? ""
            if head.contains("/known") {
                try await connection.answer(String(repeating: "x", count: 2000))
            } else {
                try await connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                for _ in 0..<3 { try await connection.write("190\r\n\(String(repeating: "x", count: 400))\r\n") }
                try await connection.untilClosed()
            }
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule], configure: { $0.limits.responseBytes = 1000 }) { rig in
                let answer = try await rig.call("GET", "/known", authority: origin.authority)
                #expect(answer.status == 502 && answer.proxyError == "http_response_body_size")
                _ = await #expect(throws: StreamError.self) {
                    _ = try await rig.call("GET", "/unknown", authority: origin.authority)
                }
            }
        }
    }
}
