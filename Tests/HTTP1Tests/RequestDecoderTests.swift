import NIOCore
import NIOHTTP1
import Testing

@testable import HTTP1

/// The pure machine: which bytes are requests, and which are refused.
@Suite struct RequestDecoderTests {
    private static func request(_ line: String = "GET / HTTP/1.1", _ fields: String = "") -> String {
        "\(line)\r\nHost: a\r\n\(fields)\r\n"
    }

    // MARK: what is taken

    @Test(
        "method: any token, as it was written",
        arguments: [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "LIST", "PROPFIND", "REPORT",
            "M-SEARCH",
            "QUERY", "get", "x", "!#$%&'*+-.^_`|~09azAZ", "PRI", String(repeating: "A", count: 1000),
        ])
    func methods(_ method: String) {
        let outcome = Outcome.ours(Self.request("\(method) /a HTTP/1.1"))
        #expect(outcome.isWhole && outcome.requests.map(\.method) == [method], "\(outcome)")
    }

    @Test(
        "a target is a path, an absolute URL, OPTIONS' asterisk or CONNECT's authority, as it was written",
        arguments: [
            "GET /", "GET /a?b=c&d", "GET //a/./b/../%2e%2E/c%2Fd//?x=//", ##"GET /!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"##,
            "GET http://a/b", "GET HTTPS://a:1", "OPTIONS *", "CONNECT a.example:443", "CONNECT [::1]:443",
        ])
    func targets(_ line: String) {
        let outcome = Outcome.ours(Self.request("\(line) HTTP/1.1"))
        #expect(outcome.isWhole && outcome.requests.map { "\($0.method) \($0.target)" } == [line], "\(outcome)")
    }

    @Test("fields keep their order, their case and their bytes; blanks around a value do not count")
    func fields() {
        let outcome = Outcome.ours(
            "GET / HTTP/1.0\r\nHost:a\r\nX-a:\t b c \t\r\nx-A: \r\nX-a:\r\n!#$%&'*+-.^_`|~: \"\u{e9}:\"\r\n\r\n")
        #expect(outcome.isWhole && outcome.requests.first?.version == .http1_0)
        #expect(
            outcome.requests.first?.fields == [
                "Host: a", "X-a: b c", "x-A: ", "X-a: ", "!#$%&'*+-.^_`|~: \"\u{e9}:\"",
            ], "\(outcome)")
    }

    @Test("latin-1 bytes in a value are kept, and never become U+FFFD")
    func latin1() {
        let bytes = Array("GET / HTTP/1.1\r\nX: caf".utf8) + [0xe9] + Array("\r\n\r\n".utf8)
        #expect(Outcome.ours([bytes]).requests.first?.fields == ["X: caf\u{e9}"])
    }

    @Test(
        "a body ends where its length or its last chunk says",
        arguments: [
            ("Content-Length: 5\r\n", "hello", "hello"), ("content-LENGTH:005\r\n", "hello", "hello"),
            ("Content-Length: 0\r\n", "", ""), ("", "", ""),
            ("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n", "hello"),
            ("transfer-encoding:Chunked \r\n", "2\r\nhe\r\n003;a=\"b\"\r\nllo\r\n00\r\n\r\n", "hello"),
            (
                "Transfer-Encoding: chunked\r\n", "A\r\n0123456789\r\na\r\n0123456789\r\n0;x\r\n\r\n",
                "01234567890123456789"
            ),
            ("Transfer-Encoding: chunked\r\n", "0000000000000005\r\nhello\r\n0\r\n\r\n", "hello"),
        ])
    func bodies(_ field: String, _ bytes: String, _ body: String) {
        for method in ["POST", "GET", "LIST", "DELETE"] {
            let text = Self.request("\(method) / HTTP/1.1", field) + bytes
            let outcome = Outcome.ours(text + Self.request())
            #expect(outcome.isWhole && outcome.requests.count == 2, "\(outcome)")
            #expect(outcome.requests.first.map { String(decoding: $0.body, as: UTF8.self) } == body)
        }
    }

    @Test("trailers come with the end")
    func trailers() {
        let outcome = Outcome.ours(
            Self.request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n") + "0\r\nX-End: yes\r\nY:\r\n\r\n")
        #expect(outcome.isWhole && outcome.requests.first?.trailers == ["X-End: yes", "Y: "])
    }

    @Test("S11: one empty line before a request is passed over, and only one")
    func emptyLines() {
        #expect(Outcome.ours("\r\n" + Self.request()).isWhole)
        #expect(Outcome.ours(Self.request() + "\r\n" + Self.request()).requests.count == 2)
        #expect(Outcome.ours("\r\n\r\n" + Self.request()).fault == .notHTTP)
        #expect(Outcome.ours("\n" + Self.request()).fault == .notHTTP)
    }

    // MARK: what is refused

    @Test(
        "S11: what is not a request line of HTTP/1.1 is refused",
        arguments: [
            "", " ", "GET", "GET /", "GET / ", "GET /  HTTP/1.1", "GET  / HTTP/1.1", " GET / HTTP/1.1",
            "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", "GET / HTTP/1.1 ", "GET / HTTP/1.1\t", "GET /a b HTTP/1.1",
            "GET / http/1.1", "GET / HTTP/1", "GET / HTTP/1.10", "GET / HTTP/11", "GET / HTTP/1,1", "GET / HTTP/+1.1",
            "GET / HTTPS/1.1", "GET / HTTP /1.1", "G\u{0}T / HTTP/1.1", "G(T / HTTP/1.1", "G\u{e9}T / HTTP/1.1",
            "GET /\u{0} HTTP/1.1", "GET /\u{7f} HTTP/1.1", "GET /\u{e9} HTTP/1.1", "GET /\r HTTP/1.1",
            "GET /\u{c} HTTP/1.1", "GET a HTTP/1.1", "GET ?a HTTP/1.1", "GET * HTTP/1.1", "OPTIONS *a HTTP/1.1",
            "GET a:1 HTTP/1.1", "GET 1ttp://a HTTP/1.1", "GET http:/a HTTP/1.1", "GET http:// HTTP/1.1",
            "CONNECT /a HTTP/1.1", "CONNECT http://a HTTP/1.1", "GET / HTTP/2.0", "PRI * HTTP/2.0", "GET / HTTP/0.9",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", "SSH-2.0-OpenSSH_9.2", "GET  HTTP/1.1", "/ HTTP/1.1",
        ])
    func requestLines(_ line: String) {
        let outcome = Outcome.ours(Self.request(line))
        #expect(outcome.fault?.status == 400 && outcome.requests.isEmpty, "\(outcome)")
    }

    @Test("another version of HTTP is 505", arguments: ["1.2", "1.9", "2.1", "3.0", "9.9"])
    func versions(_ version: String) {
        #expect(Outcome.ours(Self.request("GET / HTTP/\(version)")).fault == .version)
    }

    @Test("S11: a line that ends in a bare LF is refused, wherever it is")
    func bareLineFeeds() {
        let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        for text in [
            "GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: b\n Y: c\r\n\r\n", "GET / HTTP/1.1\r\n\n", "GET / HTTP/1.1\n\n",
            chunked + "5\nhello\r\n0\r\n\r\n", chunked + "5\r\nhello\n0\r\n\r\n", chunked + "5\r\nhello\r\n0\n\r\n",
            chunked + "5\r\nhello\r\n0\r\n\n", chunked + "0\r\nX: y\n\r\n",
        ] {
            let outcome = Outcome.ours(text)
            #expect(outcome.fault?.status == 400 && outcome.requests.last?.hasEnded != true, "\(outcome)")
        }
    }

    @Test(
        "S7, S11: fields that two readers could understand differently are refused",
        arguments: [
            "X : a", "X\t: a", " X: a", "\tX: a", "X: a\r\n b", "X: a\r\n\tb", "X:\r\n b", "X", ": a", "X Y: a",
            "X\u{e9}: a",
            "X[]: a", "X\u{0}: a", "X: a\u{0}b", "X: a\rb", "X: a\r", "X: \u{1}", "X: a\u{7f}",
            "X: aaaaaaaaaaaa\u{b}bbbbbbbbbbbb",
            "\u{0}", "\r", "(): a", "X\"Y\": a", "Content-Length : 5", "Transfer-Encoding : chunked",
        ])
    func malformedFields(_ field: String) {
        let outcome = Outcome.ours(Self.request("POST / HTTP/1.1", "\(field)\r\n") + "hello")
        #expect(outcome.fault == .field && outcome.requests.isEmpty, "\(outcome)")
    }

    @Test("S7: no control but the tab may stand in a value, wherever in it")
    func controls() {
        for byte in (UInt8(0)..<0x20) + [0x7f] where byte != 0x09 && byte != 0x0a {
            for place in 0..<20 {
                var value = Array(repeating: UInt8(ascii: "a"), count: 20)
                value[place] = byte
                let bytes = Array("GET / HTTP/1.1\r\nX: ".utf8) + value + Array("\r\n\r\n".utf8)
                #expect(Outcome.ours([bytes]).fault == .field, "\(byte) at \(place)")
            }
        }
        for byte in [UInt8(0x09)] + (0x20...0x7e) + (0x80...0xff) {
            let bytes = Array("GET / HTTP/1.1\r\nX: aaa".utf8) + [byte] + Array("aaaaaaaaa\r\n\r\n".utf8)
            #expect(Outcome.ours([bytes]).isWhole, "\(byte)")
        }
    }

    @Test("S11: each byte is taken for a method, a name and a target, or not, as RFC 9110 says")
    func eachByte() {
        let token = Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        for byte in UInt8.min...UInt8.max where byte != 0x0a {
            let method = Outcome.ours([[0x41, byte, 0x41] + Array(" / HTTP/1.1\r\n\r\n".utf8)])
            #expect(method.isWhole == token.contains(byte), "method \(byte)")
            let name = Outcome.ours([Array("GET / HTTP/1.1\r\nA".utf8) + [byte] + Array("A: a\r\n\r\n".utf8)])
            #expect(name.isWhole == (token.contains(byte) || byte == UInt8(ascii: ":")), "name \(byte)")
            for place in 1..<20 {
                var target = Array("/aaaaaaaaaaaaaaaaaaa".utf8)
                target[place] = byte
                let outcome = Outcome.ours([Array("GET ".utf8) + target + Array(" HTTP/1.1\r\n\r\n".utf8)])
                #expect(outcome.isWhole == (byte > 0x20 && byte < 0x7f), "target \(byte)")
            }
        }
    }

    @Test(
        "S11: Content-Length is one number of digits",
        arguments: [
            ("Content-Length: ", RequestFault.length), ("Content-Length: +5", .length), ("Content-Length: -5", .length),
            ("Content-Length: 5 5", .length), ("Content-Length: 5, 5", .length), ("Content-Length: 0x5", .length),
            ("Content-Length: 5;a", .length), ("Content-Length: \u{665}", .length), ("Content-Length: 5.0", .length),
            ("Content-Length: 9223372036854775808", .length), ("Content-Length: 18446744073709551621", .length),
            ("Content-Length: 99999999999999999999999999", .length), ("Content-Length: five", .length),
            ("Content-Length: 5\r\nContent-Length: 5", .lengths), ("Content-Length: 5\r\ncontent-length: 6", .lengths),
            ("Content-Length: 0\r\nX: y\r\nContent-Length: 0", .lengths),
        ])
    func lengths(_ field: String, _ fault: RequestFault) {
        let outcome = Outcome.ours(Self.request("POST / HTTP/1.1", "\(field)\r\n") + "hello")
        #expect(outcome.fault == fault && outcome.requests.isEmpty, "\(outcome)")
    }

    @Test(
        "S11: Transfer-Encoding is chunked, once, and never beside Content-Length",
        arguments: [
            ("Content-Length: 5\r\nTransfer-Encoding: chunked", RequestFault.lengthBesideCoding),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5", .lengthBesideCoding),
            ("Transfer-Encoding: x\r\nContent-Length: 5", .lengthBesideCoding),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", .coding),
            ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", .coding),
            ("Transfer-Encoding: chunked, chunked", .coding), ("Transfer-Encoding: chunked, identity", .coding),
            ("Transfer-Encoding: identity", .coding), ("Transfer-Encoding: ", .coding),
            ("Transfer-Encoding: gzip", .coding),
            ("Transfer-Encoding: chunked;a=b", .coding), ("Transfer-Encoding: \"chunked\"", .coding),
            ("Transfer-Encoding: chunked,", .coding), ("Transfer-Encoding: xchunked", .coding),
            ("Transfer-Encoding: chun ked", .coding), ("Transfer-Encoding: chunked \u{b5}", .coding),
            ("Transfer-Encoding: gzip, chunked", .unknownCoding), ("Transfer-Encoding: gzip,Chunked", .unknownCoding),
        ])
    func codings(_ field: String, _ fault: RequestFault) {
        for version in ["1.1", "1.0"] {
            let outcome = Outcome.ours(Self.request("POST / HTTP/\(version)", "\(field)\r\n") + "0\r\n\r\n")
            #expect(outcome.fault == fault && outcome.requests.isEmpty, "\(outcome)")
        }
    }

    @Test(
        "S11: chunked framing is held to the letter",
        arguments: [
            " 5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "5\t\r\nhello\r\n0\r\n\r\n",
            "5 ;a\r\nhello\r\n0\r\n\r\n",
            "\r\n5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n", "-5\r\nhello\r\n", "0x5\r\nhello\r\n", "5 5\r\nhello\r\n",
            "g\r\n",
            "5,\r\nhello\r\n", "\u{665}\r\nhello\r\n", "5;a\u{0}\r\nhello\r\n", "5;a\rb\r\nhello\r\n", "5\rhello\r\n",
            "5\r\nhelloworld\r\n", "5\r\nhello0\r\n\r\n", "ffffffffffffffff\r\nhello", "8000000000000000\r\nhello",
            "00000000000000005\r\nhello\r\n", ";a\r\n", "5\r\nhello\r\n\r\n0\r\n\r\n",
            "5;\(String(repeating: "a", count: 5000))\r\nhello\r\n0\r\n\r\n",
            String(repeating: "1;\(String(repeating: "a", count: 4000))\r\nx\r\n", count: 20) + "0\r\n\r\n",
        ])
    func chunks(_ body: String) {
        let outcome = Outcome.ours(Self.request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n") + body)
        #expect(outcome.fault == .chunks && outcome.requests.last?.hasEnded == false, "\(outcome)")
    }

    @Test("S11: trailers are fields like others", arguments: [" X: a", "X : a", "X", "X: a\r\n b", "X: \u{0}"])
    func malformedTrailers(_ trailer: String) {
        let head = Self.request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n")
        let outcome = Outcome.ours(head + "0\r\n\(trailer)\r\n\r\n")
        #expect(outcome.fault == .field && outcome.requests.last?.hasEnded == false, "\(outcome)")
    }

    @Test("T15: heads, trailers and lines without an end are bounded")
    func bounded() {
        let limits = RequestDecoder.Limits(headBytes: 4000, fieldBytes: 2000, fields: 10)
        let field = "X: \(String(repeating: "a", count: 900))\r\n"
        let chunked = Self.request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n") + "0\r\n"
        for text in [
            String(repeating: "A", count: 5000), "GET /\(String(repeating: "a", count: 2000)) HTTP/1.1\r\n",
            "GET /\(String(repeating: "a", count: 5000))",
            Self.request("GET / HTTP/1.1", String(repeating: field, count: 5)),
            "GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 5000))",
            "GET / HTTP/1.1\r\n\(String(repeating: " ", count: 5000))",
            Self.request("GET / HTTP/1.1", "X: \(String(repeating: "a", count: 2001))\r\n"),
            Self.request("GET / HTTP/1.1", "\(String(repeating: "X", count: 2001)): a\r\n"),
            Self.request("GET / HTTP/1.1", String(repeating: "X:\r\n", count: 10)),
            chunked + String(repeating: "X:\r\n", count: 9), chunked + String(repeating: field, count: 5),
        ] { #expect(Outcome.ours(text, limits: limits).fault == .tooLarge, "\(text.prefix(80))") }
        #expect(
            Outcome.ours(Self.request("GET / HTTP/1.1", String(repeating: "X:\r\n", count: 9)), limits: limits).isWhole)
        #expect(
            Outcome.ours(Self.request("GET / HTTP/1.1", String(repeating: field, count: 4)), limits: limits).isWhole)
    }

    @Test("a second request has limits and trailers of its own")
    func fresh() {
        let limits = RequestDecoder.Limits(headBytes: 300, fieldBytes: 100, fields: 4)
        let chunked = Self.request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n") + "1\r\nx\r\n0\r\nA: b\r\n\r\n"
        let outcome = Outcome.ours(String(repeating: chunked, count: 20) + Self.request(), limits: limits)
        #expect(outcome.isWhole && outcome.requests.count == 21, "\(outcome)")
        #expect(outcome.requests.last?.trailers == [] && outcome.requests.last?.fields == ["Host: a"])
    }

    @Test("S11: nothing is read behind what was refused")
    func nothingAfter() throws {
        var decoder = RequestDecoder()
        decoder.append(ByteBuffer(string: "GET / HTTP/1.1\nX: a\r\n\r\n" + Self.request()))
        #expect(throws: RequestFault.notHTTP) { try decoder.next() }
        decoder.append(ByteBuffer(string: Self.request()))
        let part = try decoder.next()
        #expect(part == nil && decoder.faultOfEnd == nil)
    }

    @Test("what comes behind a request is kept, byte for byte, for whoever reads on")
    func rest() throws {
        var decoder = RequestDecoder()
        decoder.append(ByteBuffer(string: Self.request() + "\u{0}\u{0}\u{12}rest"))
        guard case .head? = try decoder.next(), case .end? = try decoder.next() else { throw RequestFault.notHTTP }
        #expect(decoder.unread == 7 && String(buffer: decoder.takeRest()) == "\u{0}\u{0}\u{12}rest")
        #expect(decoder.unread == 0)
    }

    @Test("a connection that ends in the middle of a request is told from one that ends behind it")
    func ends() throws {
        let text = Self.request("POST / HTTP/1.1", "Content-Length: 2\r\n") + "ab"
        for count in 0...text.utf8.count {
            var decoder = RequestDecoder()
            decoder.append(ByteBuffer(bytes: text.utf8.prefix(count)))
            while try decoder.next() != nil {}
            #expect(decoder.faultOfEnd == (count == 0 || count == text.utf8.count ? nil : .cutShort), "\(count)")
        }
    }
}
