import NIOCore
import NIOHTTP1
import Testing

@testable import HTTP1
@testable import ReverseHTTP

/// The pure machine: what it makes of bytes, however they are cut.
@Suite struct ResponseDecoderTests {
    /// What a connection's bytes came to.
    struct Outcome: Equatable, CustomStringConvertible {
        var status: Int?
        var fields: [String] = []
        var framing: OriginResponse.Framing?
        var isReusable: Bool?
        var body: [UInt8] = []
        var hasEnded = false
        var trailers: [String] = []
        var leftover = 0
        var failure: String?
        var receivedStatus: Int?

        var description: String {
            "\(status ?? 0) \(fields) \(String(decoding: body, as: UTF8.self)) ended \(hasEnded) \(trailers) "
                + "left \(leftover) \(failure ?? "")"
        }
    }

    /// Feeds the pieces one after the other, and then the end of the connection if `closes`.
    static func outcome(_ pieces: [[UInt8]], method: String = "GET", closes: Bool = true) -> Outcome {
        var decoder = ResponseDecoder()
        decoder.expect(responseTo: method)
        var outcome = Outcome()
        func take(_ event: ResponseDecoder.Event) {
            switch event {
            case .head(let response):
                outcome.status = response.status
                outcome.fields = response.fields.headers.map { "\($0.name): \($0.value)" }
                outcome.framing = response.framing
                outcome.isReusable = response.isReusable
            case .body(let bytes):
                outcome.body += bytes.readableBytesView
            case .end(let trailers):
                outcome.hasEnded = true
                outcome.trailers = trailers?.headers.map { "\($0.name): \($0.value)" } ?? []
            }
        }
        do throws(ResponseFault) {
            for piece in pieces {
                decoder.append(ByteBuffer(bytes: piece))
                while let event = try decoder.next() { take(event) }
            }
            outcome.leftover = decoder.leftover
            if closes, let event = try decoder.connectionEnded() { take(event) }
        } catch {
            outcome.failure = error.kind.type.rawValue
            outcome.receivedStatus = error.receivedStatus
        }
        return outcome
    }

    static func outcome(_ text: String, method: String = "GET", closes: Bool = true) -> Outcome {
        outcome([Array(text.utf8)], method: method, closes: closes)
    }

    // MARK: lenient where the RFC allows it

    @Test(
        "bytes that other servers send and RFC 9112 allows are read as what they mean",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2   \r\n\r\nok", "ok"),
            ("HTTP/1.1 200 OK\r\nContent-Length:\t2\t \r\n\r\nok", "ok"),
            ("HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nok", "ok"),
            ("HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok", "ok"),
            ("HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\nok", "ok"),
            ("HTTP/1.1 200 D\u{e9}j\u{e0} vu\r\ncontent-length: 2\r\n\r\nok", "ok"),
            ("HTTP/1.1 200 OK\ncontent-length: 2\n\nok", "ok"),
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\n\r\nok", "ok"),
            ("HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n2\r\nok\r\n0\r\n\r\n", "ok"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked  \r\n\r\n2  \r\nok\r\n0\r\n\r\n", "ok"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\t\r\nok\r\n0 \r\n\r\n", "ok"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0 ; c=\"d\"\r\n\r\n", "ok"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0000000002\r\nok\r\n00\r\n\r\n", "ok"),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nA\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
                "01234567890123456789"
            ),
            ("HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"),
            ("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", "ok"),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
                "ok"
            ),
            ("HTTP/1.1 102 P\r\ncontent-length: 5\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "ok"),
        ])
    func lenient(_ text: String, _ body: String) {
        let whole = Self.outcome(text)
        #expect(whole.failure == nil && whole.hasEnded && whole.status == 200, "\(whole)")
        #expect(String(decoding: whole.body, as: UTF8.self) == body)
        #expect(whole.leftover == 0)
    }

    @Test(
        "folded response headers are replaced by spaces (RFC 9112, 5.2)",
        arguments: [
            ("x: a\r\n b", "x: a b"), ("x: a\r\n\t \tb  \r\n  c", "x: a b c"), ("x:\r\n b", "x: b"),
            ("x: a\r\n  ", "x: a"), ("x: a\n b", "x: a b"), ("x: a \r\n b", "x: a b"),
        ])
    func folded(_ written: String, _ read: String) {
        let whole = Self.outcome("HTTP/1.1 200 OK\r\n\(written)\r\ny: 1\r\ncontent-length: 0\r\n\r\n")
        #expect(whole.failure == nil && whole.fields == [read, "y: 1", "content-length: 0"], "\(whole)")
    }

    @Test("latin-1 bytes in response headers are kept as bytes, and read as text never become U+FFFD")
    func latin1() throws {
        var decoder = ResponseDecoder()
        decoder.expect(responseTo: "GET")
        let name = Array("caf".utf8) + [0xe9]
        decoder.append(
            ByteBuffer(
                bytes: Array("HTTP/1.1 200 OK\r\nx-name: ".utf8) + name + Array("\r\ncontent-length: 0\r\n\r\n".utf8)))
        guard case .head(let response)? = try decoder.next() else { throw ResponseFault(.malformed) }
        #expect(response.fields.bytes.starts(with: Array("x-name".utf8) + name))
        #expect(response.fields.headers["x-name"] == ["caf\u{e9}"])
    }

    @Test("field names are lower case, and those of one connection only are left out")
    func names() {
        let whole = Self.outcome(
            "HTTP/1.1 200 OK\r\nX-Upper: A\r\nConnection: X-Mine, Keep-Alive\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\n"
                + "Upgrade: h2c\r\nProxy-Status: forged\r\nPenstock-Sent: ?0\r\nContent-Length: 0\r\n\r\n")
        #expect(whole.fields == ["x-upper: A", "content-length: 0"])
        #expect(whole.isReusable == true)
    }

    // MARK: no body whatever the head says

    @Test(
        "204, 304 and answers to HEAD have no body whatever the head says (RFC 9112, 6.3)",
        arguments: [
            ("DELETE", "204 No Content", "content-length: 5\r\n", false),
            ("DELETE", "204 No Content", "content-length: 0\r\n", true),
            ("DELETE", "204 No Content", "", true),
            ("DELETE", "204 No Content", "transfer-encoding: chunked\r\n", false),
            ("DELETE", "204 No Content", "content-length: 5\r\ntransfer-encoding: chunked\r\n", false),
            ("DELETE", "204 No Content", "content-length: 5\r\ncontent-length: 6\r\n", false),
            ("DELETE", "204 No Content", "content-length: nonsense\r\n", false),
            ("GET", "304 Not Modified", "content-length: 5\r\n", true),
            ("GET", "304 Not Modified", "transfer-encoding: chunked\r\n", true),
            ("GET", "304 Not Modified", "content-length: 5\r\ntransfer-encoding: gzip\r\n", false),
            ("HEAD", "200 OK", "content-length: 5\r\n", true),
            ("HEAD", "200 OK", "transfer-encoding: chunked\r\n", true),
            ("HEAD", "500 Oops", "content-length: x\r\n", false),
        ])
    func bodiless(_ method: String, _ status: String, _ fields: String, _ isReusable: Bool) {
        let whole = Self.outcome("HTTP/1.1 \(status)\r\n\(fields)\r\n", method: method, closes: false)
        #expect(whole.failure == nil && whole.hasEnded && whole.body.isEmpty && whole.leftover == 0, "\(whole)")
        #expect(whole.framing == OriginResponse.Framing.none)
        #expect(whole.isReusable == isReusable)
        // HTTP/2 takes no length with a 204 (RFC 9110, 8.6).
        if status.hasPrefix("204") { #expect(whole.fields.isEmpty) }
    }

    @Test("what follows a response without a body is left over, and belongs to nobody")
    func leftovers() {
        let whole = Self.outcome("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello", closes: false)
        #expect(whole.hasEnded && whole.leftover == 5)
    }

    // MARK: status

    @Test(
        "a status of 600 to 999 is a failure with what was received; below 100 it is no status",
        arguments: [("600", 600), ("700", 700), ("999", 999), ("099", nil), ("000", nil)])
    func unknownStatus(_ text: String, _ received: Int?) {
        let whole = Self.outcome("HTTP/1.1 \(text) What\r\ncontent-length: 0\r\n\r\n")
        #expect(whole.failure == "http_protocol_error" && whole.receivedStatus == received && whole.status == nil)
    }

    // MARK: refused

    @Test(
        "S11: heads that two readers could understand differently are refused",
        arguments: [
            "content-length: 5\r\ntransfer-encoding: chunked", "transfer-encoding: chunked\r\ncontent-length: 5",
            "content-length: 5\r\ncontent-length: 5", "content-length: 5, 5", "content-length: +5",
            "content-length: -5",
            "content-length: 5 5", "content-length: 0x5", "content-length: ", "content-length: 5\r\n 6",
            "content-length:\r\n 5", "transfer-encoding:\r\n chunked", "transfer-encoding: chunked\r\n , gzip",
            "transfer-encoding: gzip, chunked", "transfer-encoding: chunked, chunked", "transfer-encoding: identity",
            "transfer-encoding: \"chunked\"", "transfer-encoding: chunked;a=b", "transfer-encoding: ",
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked", "content-length : 5", "content-length\t: 5",
            " content-length: 5", "\tx: y", "x y: z", ": 5", "x", "x: a\u{0}b", "x: a\rb", "x: \u{1}", "x: \u{7f}",
            "x\u{e9}: 1", "x[]: 1", "x: 1\r\r", "content-length: 99999999999999999999",
            "content-length: 000000000000000000000000005", "connection: close\r\n , x",
        ])
    func ambiguous(_ fields: String) {
        let whole = Self.outcome("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\nhello")
        #expect(whole.failure == "http_protocol_error" && whole.status == nil, "\(whole)")
    }

    @Test(
        "S11: what is not a status line of HTTP/1.1 is refused",
        arguments: [
            "", "\r\n", "hello", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1  200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK",
            "HTTP/1.1 2x0 OK", "HTTP/1.1 +20 OK", "HTTP/1.1\t200 OK", "HTTP/1.2 200 OK", "HTTP/2.0 200 OK",
            "HTTP/0.9 200 OK", "HTTP/1.1 200 O\rK", "HTTP/1.1 200 O\u{0}K", "http/1.1 200 OK", " HTTP/1.1 200 OK",
            "ICY 200 OK", "HTTP/1.1 200OK", "HTTP/1.1 101 Switching",
        ])
    func statusLines(_ line: String) {
        let whole = Self.outcome("\(line)\r\ncontent-length: 0\r\n\r\n")
        #expect(whole.failure == "http_protocol_error" && whole.status == nil, "\(whole)")
    }

    @Test("S11: HTTP/1.0 has neither chunks nor bodies without a length, and its connection serves one response")
    func http10() {
        #expect(Self.outcome("HTTP/1.0 200 OK\r\n\r\nhello").failure == "http_protocol_error")
        let chunked = "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
        #expect(Self.outcome(chunked).failure == "http_protocol_error")
        #expect(Self.outcome("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n").isReusable == false)
        #expect(Self.outcome("HTTP/1.0 204 Done\r\n\r\n").isReusable == false)
    }

    @Test(
        "S11: chunked framing is held to the letter, bare LF included",
        arguments: [
            "5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r\n0\n\r\n", "5\r\nhello\r\n0\r\n\n",
            "5\r\nhello\r\n0\r\nx: 1\n\r\n", "5\n\nhello\n0\n\n", " 5\r\nhello\r\n0\r\n\r\n", "\r\n5\r\nhello\r\n",
            "+5\r\nhello\r\n", "-5\r\nhello\r\n", "0x5\r\nhello\r\n", "5 5\r\nhello\r\n", "g\r\n", "5,\r\nhello\r\n",
            "\u{665}\r\nhello\r\n", "5;a\u{0}\r\nhello\r\n", "5;a\rb\r\nhello\r\n", "5\rhello\r\n",
            "5\r\nhelloworld\r\n", "ffffffffffffffff\r\nhello", "fffffffffffffffffff\r\n", ";a\r\n",
            "5\r\nhello\r\n0\r\n x: 1\r\n\r\n", "5\r\nhello\r\n0\r\nx y: 1\r\n\r\n",
            "5;\(String(repeating: "a", count: 5000))\r\nhello\r\n0\r\n\r\n",
            String(repeating: "1;\(String(repeating: "a", count: 4000))\r\nx\r\n", count: 20) + "0\r\n\r\n",
        ])
    func malformedChunks(_ body: String) {
        let whole = Self.outcome("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + body)
        #expect(whole.failure == "http_protocol_error" && !whole.hasEnded, "\(whole)")
    }

    @Test(
        "a response that the connection cuts short is not taken for whole",
        arguments: [
            ("", "GET"), ("HTTP/1.1 200 O", "GET"), ("HTTP/1.1 200 OK\r\n", "GET"),
            ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell", "GET"), ("HTTP/1.1 100 Continue\r\n\r\n", "GET"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", "GET"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "GET"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx: 1\r\n", "GET"),
        ])
    func cutShort(_ text: String, _ method: String) {
        let whole = Self.outcome(text, method: method)
        #expect(whole.failure == "connection_terminated" && !whole.hasEnded, "\(whole)")
    }

    @Test("S10: heads, trailers and lines without an end are bounded, over interim heads too")
    func bounded() {
        let field = "x: \(String(repeating: "a", count: 1000))\r\n"
        let heads = [
            "HTTP/1.1 200 OK\r\n" + String(repeating: field, count: 70),
            "HTTP/1.1 200 OK\r\nx: " + String(repeating: "a", count: 70_000),
            "HTTP/1.1 200 OK\r\nx: a\r\n" + String(repeating: " a\r\n", count: 20_000),
            "HTTP/1.1 200 OK\r\n" + String(repeating: "a:b\r\n", count: 10_000),
            String(repeating: "HTTP/1.1 103 Hints\r\n\(field)\r\n", count: 70),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n" + String(repeating: "a:b\r\n", count: 10_000),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n" + String(repeating: field, count: 70),
        ]
        for head in heads {
            #expect(Self.outcome(head).failure == "http_response_header_section_size")
        }
    }

    @Test("trailers pass, but not those that frame or speak of the connection")
    func trailers() {
        let whole = Self.outcome(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nX-End: yes\r\ncontent-length: 5\r\n"
                + "transfer-encoding: x\r\nconnection: close\r\nhost: a\r\n\r\n")
        #expect(whole.hasEnded && whole.trailers == ["x-end: yes"])
    }

    // MARK: however it is cut

    /// One of each kind, good and bad.
    static let corpus: [(String, String)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5 \r\nX: a\r\n  b\r\n\r\nhello", "GET"),
        (
            "HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n5 ;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nx-end: 1\r\n y\r\n\r\n",
            "GET"
        ),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200", "GET"),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil\r\n\r\nthe end", "GET"),
        ("HTTP/1.1 204 No\r\ncontent-length: 3\r\n\r\nabc", "DELETE"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", "HEAD"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", "GET"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", "GET"),
        ("HTTP/1.1 700 Odd\r\n\r\n", "GET"),
        ("HTTP/1.1 200 OK\r\nx: \r\n\ty\r\n\r\nz", "GET"),
    ]

    @Test(
        "a response means the same however it is cut: at each byte, at each two, and one byte at a time",
        arguments: corpus)
    func cuts(_ text: String, _ method: String) {
        let bytes = Array(text.utf8)
        let whole = Self.outcome([bytes], method: method)
        #expect(Self.outcome(bytes.map { [$0] }, method: method) == whole)
        for first in 0...bytes.count {
            let (head, rest) = (Array(bytes[..<first]), Array(bytes[first...]))
            #expect(Self.outcome([head, rest], method: method) == whole, "cut at \(first)")
            for second in stride(from: 0, through: rest.count, by: 3) {
                let pieces = [head, Array(rest[..<second]), Array(rest[second...])]
                #expect(Self.outcome(pieces, method: method) == whole, "cut at \(first) and \(first + second)")
            }
        }
    }

    @Test("damaged responses are read or refused, the same however they are cut, and never more than came")
    func mutations() {
        var random = SplitMix(seed: 0x5eed)
        let alphabet = Array("\r\n :;,0159aAfF\t\0\u{7f}HTPx".utf8) + [0x80, 0xe9, 0xff]
        for _ in 0..<4000 {
            let (text, method) = Self.corpus[Int(random.next() % UInt64(Self.corpus.count))]
            var bytes = Array(text.utf8)
            for _ in 0...(random.next() % 4) {
                let index = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 3 {
                case 0: bytes[index] = alphabet[Int(random.next() % UInt64(alphabet.count))]
                case 1: bytes.insert(alphabet[Int(random.next() % UInt64(alphabet.count))], at: index)
                default: if bytes.count > 1 { bytes.remove(at: index) }
                }
            }
            let whole = Self.outcome([bytes], method: method)
            #expect(whole.body.count <= bytes.count)
            var pieces: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = 1 + Int(random.next() % 7)
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(Self.outcome(pieces, method: method) == whole, "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test("time grows with the bytes, not with their square: a line that comes byte by byte is looked at once")
    func lineInPieces() throws {
        var decoder = ResponseDecoder()
        decoder.expect(responseTo: "GET")
        let head = Array("HTTP/1.1 200 OK\r\nx: ".utf8) + Array(repeating: UInt8(ascii: "a"), count: 60_000)
        for byte in head {
            decoder.append(ByteBuffer(bytes: [byte]))
            let event = try decoder.next()
            #expect(event == nil)
        }
    }

    @Test("one decoder reads response after response, and nothing between them")
    func reused() throws {
        var decoder = ResponseDecoder()
        for _ in 0..<3 {
            decoder.expect(responseTo: "GET")
            decoder.append(ByteBuffer(string: "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"))
            guard case .head? = try decoder.next(), case .body? = try decoder.next(), case .end? = try decoder.next()
            else { throw ResponseFault(.malformed) }
            let event = try decoder.next()
            #expect(event == nil && decoder.leftover == 0)
        }
        let event = try decoder.connectionEnded()
        #expect(event == nil)
    }
}
