import CCurl
import Glibc
import NIOCore
import NIOHTTP1
import Testing

@testable import Egress

/// The parts that have no socket, thread or time of their own.
@Suite struct StateTests {
    private static let start = NIODeadline.uptimeNanoseconds(0)
    private func at(_ seconds: Int64) -> NIODeadline { Self.start + .seconds(seconds) }

    private func clock(_ change: (inout TransferClock.Limits) -> Void = { _ in }) -> TransferClock {
        var limits = TransferClock.Limits(
            total: at(100), connect: .seconds(10), tls: .seconds(5), firstByte: .seconds(20), idle: .seconds(8),
            rate: EgressConfiguration.MinimumRate())
        change(&limits)
        return TransferClock(limits: limits, start: Self.start)
    }

    @Test func `S10: Connecting, then TLS, then the first byte, then the body have a deadline each`() {
        var clock = clock()
        #expect(clock.due == at(10) && clock.check(now: at(9)) == nil && clock.check(now: at(10)) == .connectTimeout)
        clock.tcpConnected(now: at(7))
        clock.tcpConnected(now: at(8))
        #expect(clock.due == at(12) && clock.check(now: at(11)) == nil)
        #expect(clock.check(now: at(12)) == .tlsFailed(.timeout))
        clock.connected(now: at(9))
        #expect(clock.due == at(29) && clock.check(now: at(29)) == .responseTimeout(.firstByte))
        clock.sent(now: at(15))
        #expect(clock.due == at(35))
        clock.headArrived(now: at(20))
        #expect(clock.due == at(28) && clock.check(now: at(28)) == .responseTimeout(.idle))
        clock.sent(now: at(25))
        #expect(clock.due == at(28))
        clock.bodyArrived(1, now: at(27))
        #expect(clock.due == at(35))
        #expect(clock.check(now: at(100)) == .responseTimeout(.total))
    }

    @Test func `S10: A body has a minimum rate in each period, while it is read`() {
        var clock = clock { $0.idle = nil }
        clock.connected(now: at(0))
        clock.headArrived(now: at(0))
        clock.bodyArrived(1024, now: at(1))
        #expect(clock.due == at(30) && clock.check(now: at(30)) == nil)
        clock.bodyArrived(1023, now: at(31))
        #expect(clock.due == at(60) && clock.check(now: at(60)) == .responseTimeout(.rate))
        clock.pause()
        #expect(clock.due == at(100) && clock.check(now: at(99)) == nil)
        clock.resume(now: at(60))
        #expect(clock.due == at(90) && clock.check(now: at(89)) == nil)
        #expect(clock.check(now: at(90)) == .responseTimeout(.rate))
    }

    @Test func `A deadline for the head ends with it, and the rate does not count behind it`() {
        var clock = clock {
            $0.totalEndsAtHead = true
            $0.idle = nil
        }
        clock.connected(now: at(0))
        #expect(clock.check(now: at(100)) == .responseTimeout(.total))
        clock.headArrived(now: at(1))
        #expect(clock.due == nil && clock.check(now: at(1000)) == nil)
    }

    @Test func `A caller that brings no body yet is not the API's delay`() {
        var clock = clock()
        clock.connected(now: at(0))
        clock.starve()
        #expect(clock.due == at(100) && clock.check(now: at(99)) == nil)
        clock.sent(now: at(50))
        #expect(clock.due == at(70))
        clock.headArrived(now: at(51))
        clock.starve()
        #expect(clock.due == at(59))
    }

    @Test func `A total deadline while connecting is a connection that did not come up`() {
        var clock = clock { $0.total = Self.start + .seconds(3) }
        #expect(clock.due == at(3) && clock.check(now: at(3)) == .connectTimeout)
    }

    @Test func `What is due comes out earliest first`() {
        var queue = DeadlineQueue<Int64>()
        #expect(queue.first == nil)
        for seconds: Int64 in [5, 3, 9, 1, 7, 3, 8] { queue.insert(seconds, due: at(seconds)) }
        #expect(queue.first == at(1))
        var seen: [Int64] = []
        while let key = queue.pop(dueBy: at(7)) { seen.append(key) }
        #expect(seen == [1, 3, 3, 5, 7] && queue.first == at(8))
    }

    private func parse(_ text: String, method: String = "GET") -> (ResponseHead?, EgressError.Kind?) {
        var parser = ResponseHeadParser(method: method, fields: 3, bytes: 200)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let event = Array("\(line)\r\n".utf8).withUnsafeBytes { parser.take($0) }
            switch event {
            case .more: continue
            case .head(let head): return (head, nil)
            case .refused(let kind): return (nil, kind)
            }
        }
        return (nil, nil)
    }

    @Test func `S11: A head is read with its length`() throws {
        let head = try #require(parse("HTTP/1.1 200 OK\nA: 1\na:2 \nContent-Length: 7\n\n").0)
        #expect(head.status == 200 && head.contentLength == 7 && head.hasBody)
        #expect(head.headers["a"] == ["1", "2"])
        #expect(parse("HTTP/1.1 200 OK\ncontent-length: 7\n\n", method: "HEAD").0?.hasBody == false)
        #expect(parse("HTTP/1.1 304 Not Modified\ncontent-length: 7\n\n").0?.contentLength == nil)
        #expect(parse("HTTP/1.0 204 No Content\n\n").0?.hasBody == false)
        #expect(parse("HTTP/2 200 \n\n").0?.version == .http2)
        #expect(parse("HTTP/1.1 103 Early\nx: 1\n\nHTTP/1.1 200\n\n").0?.headers.isEmpty == true)
    }

    @Test func `A folded line is its field's value behind a space, but not in a field that frames`() {
        let text = "HTTP/1.1 200 OK\nx: a\n  b \n\tc\n\n"
        #expect(parse(text).0?.headers["x"] == ["a b c"])
        #expect(parse("HTTP/1.1 200 OK\ny:\n d\n\n").0?.headers["y"] == ["d"])
        for field in [
            "content-length: 2\n 3", "content-length:\n 2", "transfer-encoding:\n chunked", "connection: a\n b",
        ] {
            #expect(parse("HTTP/1.1 200 OK\n\(field)\n\n").1 == .protocolError)
        }
        #expect(parse("HTTP/1.1 200 OK\n x: 1\n\n").1 == .protocolError)
    }

    @Test func `Latin-1 bytes of a value are read as what they are, and never become U+FFFD`() {
        var parser = ResponseHeadParser(method: "GET", fields: 3, bytes: 200)
        var head: ResponseHead?
        for line in [Array("HTTP/1.1 200 OK\r\n".utf8), Array("x: caf".utf8) + [0xe9, 0x0d, 0x0a], [0x0d, 0x0a]] {
            if case .head(let whole) = line.withUnsafeBytes({ parser.take($0) }) { head = whole }
        }
        #expect(head?.headers["x"] == ["caf\u{e9}"])
    }

    @Test(arguments: [
        "content-length: 5", "content-length: x", "content-length: 1\ncontent-length: 2",
        "content-length: 5\ntransfer-encoding: chunked", "transfer-encoding: gzip",
    ])
    func `204, 304 and answers to HEAD have no body whatever the head says`(fields: String) {
        for (status, method) in [(204, "DELETE"), (304, "GET"), (200, "HEAD")] {
            let head = parse("HTTP/1.1 \(status) X\n\(fields)\n\n", method: method).0
            #expect(head?.hasBody == false && head?.contentLength == nil)
            if status == 204 { #expect(head?.mayTrail == true) }
        }
    }

    @Test(arguments: [
        "HTTP/3 200\n", "HTTP/1.1 20\n", "HTTP/1.1 600 X\n", "HTTP/1.1 2x0 X\n", "ICY 200 OK\n", "\n",
        "HTTP/1.1 200 OK\n: 1\n", "HTTP/1.1 200 OK\nx y: 1\n", "HTTP/1.1 200 OK\nx: a\u{0}b\n",
        "HTTP/1.1 200 OK\nx: a\rb\n", "HTTP/1.1 200 OK\ncontent-length: 2, 2\n\n",
        "HTTP/1.1 200 OK\ncontent-length: 2\ncontent-length: 2\n\n", "HTTP/1.1 200 OK\ncontent-length: -1\n\n",
        "HTTP/1.1 200 OK\ncontent-length:\n\n", "HTTP/1.1 200 OK\ncontent-length: 99999999999999999999\n\n",
        "HTTP/2 200 \ntransfer-encoding: chunked\n\n",
    ])
    func `S11: A head that can be read in two ways is refused`(text: String) {
        #expect(parse(text).1 == .protocolError)
    }

    @Test func `S10: Fields and bytes are counted over interim answers too`() {
        let interim = "HTTP/1.1 103 Early\nx: 1\ny: 2\n\n"
        #expect(parse(interim + "HTTP/1.1 200 OK\nz: 3\n\n").0 != nil)
        #expect(parse(interim + "HTTP/1.1 200 OK\nz: 3\nw: 4\n\n").1 == .headersTooLarge)
        #expect(parse("HTTP/1.1 200 OK\nx: \(String(repeating: "x", count: 200))\n\n").1 == .headersTooLarge)
    }

    @Test(
        arguments: [
            ("Jan  1 00:00:00 1970 GMT", 0), ("Nov  6 10:29:46 2026 GMT", 1_793_960_986),
            ("Feb 29 23:59:59 2000 GMT", 951_868_799), ("Mar  1 00:00:00 2100 GMT", 4_107_542_400),
            ("Dec 31 23:59:59 9999 GMT", 253_402_300_799), ("Nov 6 2026", nil), ("Nob  6 10:29:46 2026 GMT", nil),
            ("Nov  6 10:29:46 2026", nil), ("Nov  6 25:29:46 2026 GMT", nil), ("Nov 99 10:29:46 2026 GMT", nil),
            ("", nil),
        ] as [(String, Int64?)])
    func `The end of a certificate is read`(text: String, seconds: Int64?) {
        #expect(CertificateTime.seconds(text) == seconds)
    }

    @Test func `What libcurl ends with is named`() {
        let kind = { (code: CURLcode, change: (inout TransferFault) -> Void) in
            var fault = TransferFault(code: code)
            change(&fault)
            return fault.kind
        }
        #expect(kind(CURLE_COULDNT_CONNECT) { $0.systemError = ECONNREFUSED } == .connectionRefused)
        #expect(kind(CURLE_COULDNT_CONNECT) { $0.systemError = EHOSTUNREACH } == .unreachable)
        #expect(kind(CURLE_COULDNT_CONNECT) { $0.systemError = EMFILE } == .overloaded)
        #expect(kind(CURLE_RECV_ERROR) { $0.systemError = ECONNRESET } == .connectionReset)
        #expect(kind(CURLE_RECV_ERROR) { _ in } == .protocolError)
        #expect(kind(CURLE_RECV_ERROR) { $0.sslError = 0x0A00_045C } == .tlsFailed(.clientCertificateWanted))
        #expect(kind(CURLE_RECV_ERROR) { $0.connectStatus = 407 } == .proxyRefused)
        #expect(kind(CURLE_PARTIAL_FILE) { $0.hasHead = true } == .connectionReset)
        #expect(kind(CURLE_SSL_CONNECT_ERROR) { $0.sslError = 0x0A00_042E } == .tlsFailed(.protocolVersion))
        #expect(kind(CURLE_SSL_CONNECT_ERROR) { $0.systemError = ECONNRESET } == .connectionReset)
        #expect(kind(CURLE_OUT_OF_MEMORY) { _ in } == .headersTooLarge)
        #expect(kind(CURLE_OUT_OF_MEMORY) { $0.hasHead = true } == .overloaded)
        #expect(kind(CURLE_HTTP2) { _ in } == .protocolError)
    }
}
