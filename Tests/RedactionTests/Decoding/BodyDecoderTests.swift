import NIOCore
import TestSupport
import Testing

@testable import Redaction

@Suite("Body decoding")
struct BodyDecoderTests {
    private let text = Array(#"{"customers":[{"id":"cust_1","name":"Ängström"},{"id":"cust_2"}]}"#.utf8)

    /// Decodes `bytes`, which come in chunks of `size`.
    private func decode(
        _ bytes: [UInt8], _ encoding: String..., limits: DecodingLimits = .defaults, chunk size: Int = .max
    ) throws -> [UInt8] {
        var decoder = try BodyDecoder(contentEncoding: encoding, limits: limits)
        var output: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            output += try decoder.decode(ByteBuffer(bytes: rest.prefix(size))).readableBytesView
            rest = rest.dropFirst(size)
        }
        try decoder.finish()
        return output
    }

    private func failure(_ body: () throws -> [UInt8]) -> BodyDecodingError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? BodyDecodingError)?.code
        }
    }

    // MARK: codings

    @Test("every coding gives the body back, in chunks of any size", arguments: [1, 2, 3, 7, 1000])
    func codings(chunk: Int) throws {
        let long = (0..<5000).flatMap { Array("\($0 &* 2_654_435_761)".utf8) }
        for body in [[], [0x78], text, long] {
            #expect(try decode(body, chunk: chunk) == body)
            #expect(try decode(body, "identity", chunk: chunk) == body)
            #expect(try decode(Deflater.compress(body, as: .gzip), "gzip", chunk: chunk) == body)
            #expect(try decode(Deflater.compress(body, as: .gzip), "X-GZip", chunk: chunk) == body)
            #expect(try decode(Deflater.compress(body, as: .zlib), "deflate", chunk: chunk) == body)
            #expect(try decode(Deflater.compress(body, as: .raw), " Deflate\t,", chunk: chunk) == body)
        }
    }

    @Test(
        "a plain body passes under the names that servers give it",
        arguments: [
            "UTF-8", "utf8", "none", "binary", "aws-chunked", "aws-chunked,gzip", "gzip, aws-chunked", "Identity",
        ])
    func plain(_ coding: String) throws {
        let isZipped = coding.contains("gzip")
        #expect(try decode(isZipped ? Deflater.compress(text, as: .gzip) : text, coding) == text)
    }

    @Test("no bytes at all are an empty body in any coding")
    func empty() throws {
        for coding in ["gzip", "deflate", "identity", ""] { #expect(try decode([], coding) == []) }
    }

    @Test("stacked codings are undone from the last to the first, in one field or several", arguments: [1, 2, 1000])
    func stacked(chunk: Int) throws {
        let inner = Deflater.compress(text, as: .raw)
        let outer = Deflater.compress(inner, as: .gzip)
        #expect(try decode(outer, "deflate, gzip", chunk: chunk) == text)
        #expect(try decode(outer, "deflate", "identity", "gzip", chunk: chunk) == text)
        #expect(failure { try decode(outer, "gzip, deflate", chunk: chunk) } == .malformed)
    }

    @Test("S10: more codings than allowed, and unknown ones, are refused before any byte")
    func refusedCodings() {
        for coding in ["br", "zstd", "compress", "gzip;q=1", "gzip, br", "gz ip", "*", "identity, x"] {
            #expect(failure { try decode([], coding) } == .unsupportedEncoding, "\(coding)")
        }
        #expect(failure { try decode([], "gzip, gzip, gzip") } == .tooManyEncodings)
        #expect(failure { try decode([], "gzip", "deflate", "gzip") } == .tooManyEncodings)
        var limits = DecodingLimits.defaults
        limits.encodings = 0
        #expect(failure { try decode([], "gzip", limits: limits) } == .tooManyEncodings)
        #expect(failure { try decode([], "identity, identity, identity", limits: limits) } == nil)
    }

    // MARK: damage

    @Test("S10: without a limit of decoded bytes a body is decoded, and the ratio still tells a bomb")
    func noLimit() {
        var limits = DecodingLimits.defaults
        limits.decodedBytes = .max
        #expect((try? decode(Deflater.compress(text, as: .gzip), "gzip", limits: limits)) == text)
        let bomb = Deflater.compress([UInt8](repeating: 0, count: 4 << 20), as: .gzip)
        #expect(failure { try decode(bomb, "gzip", limits: limits) } == .ratio)
    }

    @Test("S10: a body that ends early is refused, wherever it is cut")
    func truncated() {
        for (format, coding) in [(Deflater.Format.gzip, "gzip"), (.zlib, "deflate"), (.raw, "deflate")] {
            let whole = Deflater.compress(text, as: format)
            for count in 1..<whole.count {
                #expect(failure { try decode(Array(whole[..<count]), coding) } == .truncated, "\(coding) \(count)")
            }
        }
    }

    @Test("S10: a body cut inside the inner of two codings is refused")
    func truncatedInside() {
        let inner = Deflater.compress(text, as: .gzip)
        let outer = Deflater.compress(Array(inner.dropLast(3)), as: .gzip)
        #expect(failure { try decode(outer, "gzip, gzip") } == .truncated)
    }

    @Test("S10: bytes behind the end are refused", arguments: [1, 1000])
    func trailing(chunk: Int) {
        for (format, coding) in [(Deflater.Format.gzip, "gzip"), (.zlib, "deflate"), (.raw, "deflate")] {
            let whole = Deflater.compress(text, as: format)
            for tail in [[0], [0x20], Array("HTTP/1.1 200 OK".utf8)] as [[UInt8]] {
                #expect(failure { try decode(whole + tail, coding, chunk: chunk) } == .trailingData)
            }
        }
        let zlib = Deflater.compress(text, as: .zlib)
        #expect(failure { try decode(zlib + zlib, "deflate", chunk: chunk) } == .trailingData)
    }

    @Test("S10: a body that is not what its coding says is refused")
    func malformed() {
        #expect(failure { try decode(text, "gzip") } == .malformed)
        #expect(failure { try decode([0xff, 0xff, 0xff, 0xff], "deflate") } == .malformed)
        var wrongSum = Deflater.compress(text, as: .gzip)
        wrongSum[wrongSum.count - 6] ^= 1
        #expect(failure { try decode(wrongSum, "gzip") } == .malformed)
        // A zlib header that asks for a preset dictionary.
        #expect(failure { try decode([0x78, 0xbb, 0, 0, 0, 1, 3, 0], "deflate") } == .malformed)
    }

    @Test("S10: damage of any kind is an error or another body, never anything else")
    func damaged() {
        var random = SplitMix(state: 7)
        for format in [Deflater.Format.gzip, .zlib, .raw] {
            let whole = Deflater.compress(text + text, as: format)
            for _ in 0..<500 {
                var bytes = whole
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
                _ = failure { try decode(bytes, format == .gzip ? "gzip" : "deflate", chunk: 5) }
            }
        }
    }

    // MARK: limits

    @Test("S10: the decoded size is bounded to the byte, in any coding")
    func size() throws {
        var limits = DecodingLimits.defaults
        limits.decodedBytes = text.count
        let bodies = [
            ("gzip", Deflater.compress(text, as: .gzip)), ("deflate", Deflater.compress(text, as: .zlib)),
            ("identity", text), ("gzip, gzip", Deflater.compress(Deflater.compress(text, as: .gzip), as: .gzip)),
        ]
        limits.decodedBytes = 200
        for (coding, body) in bodies { #expect(try decode(body, coding, limits: limits) == text) }
        limits.decodedBytes = text.count - 1
        for (coding, body) in bodies { #expect(failure { try decode(body, coding, limits: limits) } == .tooLarge) }
    }

    @Test("S10: four gigabytes of zeros stop at the limit, in small steps")
    func bomb() throws {
        var limits = DecodingLimits.defaults
        limits.ratio = .max
        var decoder = try BodyDecoder(contentEncoding: ["gzip"], limits: limits)
        var input = ByteBuffer(bytes: Deflater.zeros(mebibytes: 4096))
        #expect(input.readableBytes < 5 << 20)
        var yielded = 0
        var code: BodyDecodingError.Code?
        do throws(BodyDecodingError) {
            while let piece = try decoder.next(&input) {
                #expect(piece.readableBytes <= limits.pieceBytes && piece.storageCapacity <= 2 * limits.pieceBytes)
                yielded += piece.readableBytes
            }
        } catch {
            code = error.code
        }
        #expect(code == .tooLarge)
        #expect(yielded <= limits.decodedBytes)
    }

    @Test("S10: what grows too much stops just behind the floor, long before the size's limit")
    func ratio() throws {
        var limits = DecodingLimits.defaults
        limits.decodedBytes = .max - 1
        var decoder = try BodyDecoder(contentEncoding: ["gzip"], limits: limits)
        let bomb = Deflater.zeros(mebibytes: 64)
        var yielded = 0
        var code: BodyDecodingError.Code?
        do throws(BodyDecodingError) {
            for start in stride(from: 0, to: bomb.count, by: 512) {
                var chunk = ByteBuffer(bytes: bomb[start..<min(start + 512, bomb.count)])
                while let piece = try decoder.next(&chunk) { yielded += piece.readableBytes }
            }
        } catch {
            code = error.code
        }
        #expect(code == .ratio)
        #expect(yielded <= limits.ratioFloor)
        let honest = Deflater.compress([UInt8](repeating: 0, count: 1 << 20), as: .gzip)
        #expect(try decode(honest, "gzip").count == 1 << 20)
    }

    @Test("S10: a bomb inside a bomb is judged by what was received")
    func nested() {
        var limits = DecodingLimits.defaults
        limits.decodedBytes = .max - 1
        let outer = Deflater.compress(Deflater.zeros(mebibytes: 512), as: .gzip)
        #expect(outer.count < 100_000)
        #expect(failure { try decode(outer, "gzip, gzip", limits: limits) } == .ratio)
        #expect(failure { try decode(outer, "gzip, gzip") } != nil)
    }

    @Test("S10: gzip members may follow each other, but not without end", arguments: [1, 1000])
    func members(chunk: Int) throws {
        let member = Deflater.compress(text, as: .gzip)
        var limits = DecodingLimits.defaults
        limits.members = 3
        #expect(try decode(member + member + member, "gzip", limits: limits, chunk: chunk) == text + text + text)
        let four = member + member + member + member
        #expect(failure { try decode(four, "gzip", limits: limits, chunk: chunk) } == .tooManyMembers)
        let cut = Array((member + member).dropLast(4))
        #expect(failure { try decode(cut, "gzip", limits: limits, chunk: chunk) } == .truncated)
    }

    @Test("small pieces give the same body")
    func smallPieces() throws {
        var limits = DecodingLimits.defaults
        limits.pieceBytes = 1
        #expect(try decode(Deflater.compress(text, as: .gzip), "gzip", limits: limits) == text)
        #expect(try decode(text, limits: limits) == text)
    }

    @Test("an error says what is wrong and nothing of the body")
    func descriptions() {
        let descriptions = Set(BodyDecodingError.Code.allCases.map { BodyDecodingError($0).description })
        #expect(descriptions.count == BodyDecodingError.Code.allCases.count)
    }
}
