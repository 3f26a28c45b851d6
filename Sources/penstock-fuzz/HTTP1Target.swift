import HTTP1
import JSONSchema
import NIOCore
import NIOHTTP1

/// Bytes that are nearly the requests, or the responses, of an HTTP/1.1 connection: both decoders read them the same however
/// they are cut, and say no more than came.
struct HTTP1Target: FuzzTarget {
    private static let seeds: [[UInt8]] = [
        "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
        "LIST /v1/proxy/vault/secret HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: ptth\r\n\r\n\0\0\u{12}\u{4}",
        "POST /a?b=c HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.0\r\n\r\n",
        "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;b=c\r\n0123456789\r\n0\r\nX-End: 1\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "CONNECT a:443 HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5 \r\nX: a\r\n  b\r\n\r\nhelloHTTP/1.1 204 No\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n5 ;a=b\r\nhello\r\n0\r\nx: 1\r\n\r\n",
        "HTTP/1.0 200 OK\r\nConnection: close, x-mine\r\nX-Mine: 1\r\nContent-Length: 2\r\n\r\nok",
    ].map { Array($0.utf8) }
    private static let tokens: [[UInt8]] =
        [
            "\r\n", "\n", "\r", " ", "\t", ":", ",", ";", "\0", "\u{7f}", "0\r\n\r\n", "1\r\nx\r\n",
            "ffffffffffffffff\r\n",
            "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "transfer-encoding: chunked, chunked\r\n",
            "Connection: close\r\n", "Host: a\r\n", "X: y\r\n", " folded\r\n", "HTTP/1.1", "HTTP/2.0", "HTTP/1.0",
            "GET / HTTP/1.1\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "99999999999999999999", "é", "http://a/", "*", "HTTP/1.1 200 OK\r\n",
        ].map { Array($0.utf8) } + [[0xff], [0x80], [0xe9]]

    func input(seed: UInt64, index: Int) -> [UInt8] {
        var random = SplitMix64(seed: seed &* 0x9E37_79B9 &+ UInt64(index))
        var bytes = random.pick(Self.seeds) ?? []
        for _ in 0..<random.below(8) { mutate(&bytes, &random) }
        return bytes
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
        let place = random.below(bytes.count + 1)
        let end = min(bytes.count, place + 1 + random.below(random.oneIn(4) ? 100 : 4))
        switch random.below(7) {
        case 0, 1, 2: bytes.insert(contentsOf: random.pick(Self.tokens) ?? [], at: place)
        case 3: bytes.removeSubrange(place..<end)
        case 4: if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
        case 5: bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count + 1))
        default:
            let piece = random.pick(Self.tokens) ?? []
            let times = random.oneIn(6) ? 3000 : 20
            bytes.insert(contentsOf: Array(repeatElement(piece, count: times).joined()), at: place)
        }
    }

    func fault(of input: [UInt8]) -> String? {
        let request = Self.requests(input, cut: false)
        if request.said > input.count { return "more requests than came" }
        if request.isMisplaced { return "a part where none of its kind can be" }
        if Self.requests(input, cut: true) != request { return "requests mean something else when they are cut" }
        let response = Self.response(input, cut: false)
        if response.said > input.count { return "more of a response than came" }
        if Self.response(input, cut: true) != response { return "a response means something else when it is cut" }
        return nil
    }

    private struct Reading: Equatable {
        var text: [String] = []
        var body: [UInt8] = []
        /// Bytes of methods, targets and bodies.
        var said = 0
        var isMisplaced = false
        var isOpen = false
    }

    /// All of the bytes, or one to eleven of them.
    private static func next(_ rest: inout ByteBuffer, cut: Bool) -> ByteBuffer? {
        let count = rest.readableBytes
        return count == 0 ? nil : rest.readSlice(length: cut ? min(count, 1 + count % 11) : count)
    }

    private static func requests(_ input: [UInt8], cut: Bool) -> Reading {
        var decoder = RequestDecoder()
        var reading = Reading()
        do throws(RequestFault) {
            var rest = ByteBuffer(bytes: input)
            while let piece = next(&rest, cut: cut) {
                decoder.append(piece)
                while let part = try decoder.next() {
                    switch part {
                    case .head(let head):
                        if reading.isOpen { reading.isMisplaced = true }
                        reading.isOpen = true
                        reading.said += head.method.rawValue.utf8.count + head.uri.utf8.count
                        reading.text.append("\(head)")
                    case .body(let bytes):
                        if !reading.isOpen { reading.isMisplaced = true }
                        reading.said += bytes.readableBytes
                        reading.body += bytes.readableBytesView
                    case .end(let trailers):
                        if !reading.isOpen { reading.isMisplaced = true }
                        reading.isOpen = false
                        reading.text.append("end \(trailers ?? [:])")
                    }
                }
            }
            reading.text.append("left \(decoder.unread) \(decoder.faultOfEnd?.detail ?? "")")
        } catch {
            reading.text.append(error.detail)
        }
        return reading
    }

    private static func response(_ input: [UInt8], cut: Bool) -> Reading {
        var decoder = ResponseDecoder()
        decoder.expect(responseTo: "GET")
        var reading = Reading()
        do throws(ResponseFault) {
            var rest = ByteBuffer(bytes: input)
            while let piece = next(&rest, cut: cut) {
                decoder.append(piece)
                while let event = try decoder.next() {
                    switch event {
                    case .head(let response): reading.text.append("\(response)")
                    case .body(let bytes):
                        reading.said += bytes.readableBytes
                        reading.body += bytes.readableBytesView
                    case .end(let trailers): reading.text.append("end \(trailers.map { "\($0)" } ?? "")")
                    }
                }
            }
            reading.text.append("left \(decoder.leftover)")
        } catch {
            reading.text.append("\(error)")
        }
        return reading
    }
}
