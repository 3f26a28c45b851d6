import NIOCore
import NIOHTTP1
import Testing

@testable import HTTP1

/// However the bytes are cut or damaged, and held against NIO's decoder.
@Suite struct RequestDecoderCutTests {
    /// Requests that every reader takes alike.
    static let good: [String] = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a?b=c HTTP/1.0\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-Y:\t z \r\n\r\nhello",
        "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;b=c\r\n0123456789\r\n0\r\n\r\n",
        "PATCH /a HTTP/1.1\r\nHost: a\r\ntransfer-encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\nX-End: 1\r\n\r\n",
        "PROPFIND /a HTTP/1.1\r\nHost: a\r\nDepth: 1\r\nContent-Length: 0\r\n\r\n",
        "\r\nHEAD /a HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nEmpty:\r\n\r\n",
        "DELETE http://a/b HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(String(repeating: "x", count: 200))\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close, x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: caf\u{e9} \u{1f600}\r\n\r\n",
    ]

    /// And some that are refused.
    static let bad: [String] = [
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/3.0\r\n\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ]

    @Test(
        "a request means the same however it is cut: at each byte, at each two, and one byte at a time",
        arguments: good + bad)
    func cuts(_ text: String) {
        let bytes = Array((text + Self.good[0]).utf8)
        let whole = Outcome.ours([bytes])
        #expect(Outcome.ours(bytes.map { [$0] }) == whole)
        for first in 0...bytes.count {
            let (head, rest) = (Array(bytes[..<first]), Array(bytes[first...]))
            #expect(Outcome.ours([head, rest]) == whole, "cut at \(first)")
            for second in stride(from: 0, through: rest.count, by: 5) {
                let pieces = [head, Array(rest[..<second]), Array(rest[second...])]
                #expect(Outcome.ours(pieces) == whole, "cut at \(first) and \(first + second)")
            }
        }
    }

    @Test("well-formed requests are the same parts as NIO's decoder makes of them")
    func sameAsNIO() throws {
        var random = SplitMix(seed: 0xfeed)
        for _ in 0..<2000 {
            var text = ""
            for _ in 0..<random.below(4) { text += Self.wellFormed(version: 1, &random) }
            // NIO's decoder reads nothing behind the last request of an HTTP/1.0 connection.
            text += Self.wellFormed(version: random.below(2), &random)
            let ours = Outcome.ours(text)
            #expect(ours.isWhole && ours.misplaced == 0, "\(ours)")
            let nio = try #require(Outcome.nio(Array(text.utf8)), "\(text)")
            #expect(ours == nio)
        }
        for text in Self.good { #expect(try Outcome.ours(text) == #require(Outcome.nio(Array(text.utf8)))) }
    }

    private static func wellFormed(version: Int, _ random: inout SplitMix) -> String {
        func pick(_ choices: [String]) -> String { choices[random.below(choices.count)] }
        let method = pick(["GET", "POST", "PUT", "DELETE", "PROPFIND", "SEARCH", "REPORT", "PATCH", "TRACE", "OPTIONS"])
        let target = pick(["/", "/a/b?c=%20", "http://h/x", "/" + String(repeating: "p", count: random.below(300))])
        var text = "\(method) \(target) HTTP/1.\(version)\r\n"
        for _ in 0..<random.below(12) {
            let name = pick([
                "Host", "accept", "X-Thing", "COOKIE", "x-" + String(repeating: "n", count: random.below(40)),
            ])
            let value = pick([
                "", "a", "a, b; q=0.5", "caf\u{e9}", String(repeating: "v \t", count: random.below(90)) + "v",
            ])
            text += "\(name):\(pick(["", " ", "\t ", "   "]))\(value)\(pick(["", " ", " \t"]))\r\n"
        }
        let body = String(repeating: "b\r\n", count: random.below(60))
        switch random.below(3) {
        case 0: return text + "\r\n"
        case 1: return text + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        default:
            text += "Transfer-Encoding: chunked\r\n\r\n"
            var rest = Array(body.utf8)[...]
            while !rest.isEmpty {
                let piece = rest.prefix(1 + random.below(40))
                rest = rest.dropFirst(piece.count)
                let size = String(piece.count, radix: 16, uppercase: random.below(2) == 0)
                text += "\(size)\(pick(["", ";a", ";a=b"]))\r\n\(String(decoding: piece, as: UTF8.self))\r\n"
            }
            return text + "0\r\n\(pick(["", "X-End: 1\r\n"]))\r\n"
        }
    }

    /// A request with a few bytes changed, added or lost.
    private static func damaged(_ random: inout SplitMix) -> [UInt8] {
        let alphabet = Array("\r\n :;,0159aAfF\t\0\u{7f}HTPx-".utf8) + [0x80, 0xe9, 0xff]
        let all = good + bad
        var bytes = Array((all[random.below(all.count)] + good[random.below(good.count)]).utf8)
        for _ in 0...random.below(4) {
            let index = random.below(bytes.count)
            switch random.below(4) {
            case 0: bytes[index] = alphabet[random.below(alphabet.count)]
            case 1: bytes.insert(alphabet[random.below(alphabet.count)], at: index)
            case 2: bytes.insert(contentsOf: Array("\r\n".utf8), at: index)
            default: if bytes.count > 1 { bytes.remove(at: index) }
            }
        }
        return bytes
    }

    @Test("damaged requests are read or refused, the same however they are cut, and never more than came")
    func mutations() {
        var random = SplitMix(seed: 0x5eed)
        for _ in 0..<8000 {
            let bytes = Self.damaged(&random)
            let whole = Outcome.ours([bytes])
            let text = String(decoding: bytes, as: UTF8.self)
            let said = whole.requests.reduce(0) { sum, request in
                sum + request.method.utf8.count + request.target.utf8.count + request.body.count
                    + request.fields.count * 2 + request.trailers.count * 2
            }
            #expect(said + whole.unread <= bytes.count && whole.misplaced == 0, "\(text.debugDescription)")
            var pieces: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = 1 + random.below(7)
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(Outcome.ours(pieces) == whole, "\(text.debugDescription)")
        }
    }

    @Test("S11: of damaged requests, none is taken that NIO's strict decoder takes for another")
    func mutationsAgree() {
        var random = SplitMix(seed: 0xabcd)
        var compared = 0
        for _ in 0..<8000 {
            let bytes = Self.damaged(&random)
            let ours = Outcome.ours([bytes])
            // NIO knows a list of methods only, reads nothing behind an upgrade, and replaces bytes that are not UTF-8.
            guard ours.fault == nil, String(validating: bytes, as: UTF8.self) != nil, let nio = Outcome.nio(bytes)
            else {
                continue
            }
            compared += 1
            var (left, right) = (ours, nio)
            (left.unread, right.unread) = (0, 0)
            #expect(left == right, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
        }
        #expect(compared > 250)
    }

    @Test("time grows with the bytes, not with their square: a head that comes byte by byte is looked at once")
    func lineInPieces() throws {
        var decoder = RequestDecoder()
        let head = Array("GET / HTTP/1.1\r\nX: ".utf8) + Array(repeating: UInt8(ascii: "a"), count: 30_000)
        for byte in head {
            decoder.append(ByteBuffer(bytes: [byte]))
            let part = try decoder.next()
            #expect(part == nil)
        }
        #expect(decoder.isInHead)
    }

    @Test("a body of many reads, each of which ends in the middle of a line, is not kept")
    func memory() throws {
        var lines = LineBuffer()
        var chunks = ChunkReader(takesBlanks: false)
        let piece = Array("\n1000\r\n\(String(repeating: "x", count: 0x1000))\r".utf8)
        lines.append(ByteBuffer(bytes: piece.dropFirst()))
        for _ in 0..<200 {
            while let bytes = try chunks.next(&lines) {
                guard case .bytes = bytes else { throw ChunkReader.Malformed() }
            }
            #expect(lines.capacity <= 64 << 10)
            lines.append(ByteBuffer(bytes: piece))
        }
    }
}
