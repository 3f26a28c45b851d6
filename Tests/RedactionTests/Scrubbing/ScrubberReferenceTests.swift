import NIOCore
import TestSupport
import Testing

@testable import Redaction

/// The scrubber against a plain search of the whole text, in each way of reading it.
@Suite("Scrubbing against a plain search")
struct ScrubberReferenceTests {
    @Test("C5: exactly what a plain search finds is replaced", arguments: 0..<100)
    func plainSearch(seed: UInt64) {
        var random = SplitMix(state: seed)
        // Letters that make escapes, hexadecimal digits of each other, and secrets that overlap themselves.
        let alphabet = Array(#"aab%61\u00"/"#.utf8)
        func bytes(_ count: UInt64) -> [UInt8] {
            (0..<count).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
        }
        let secrets = [bytes(4 + random.next() % 3), bytes(4 + random.next() % 3)]
        var text: [UInt8] = []
        for _ in 0..<50 {
            let secret = secrets[Int(random.next() % 2)]
            switch random.next() % 5 {
            case 0: text += secret
            case 1: text += Encodings.percent(secret, uppercase: random.next() % 2 == 0).utf8
            case 2: text += Encodings.json(String(decoding: secret, as: UTF8.self), escaped: "a%").utf8
            case 3: text += Encodings.hex(secret).utf8
            default: text += bytes(random.next() % 10)
            }
        }
        var stream = Scrubber(secrets: secrets).stream()
        var output = stream.scrub(ByteBuffer(bytes: text))
        output.writeImmutableBuffer(stream.finish())
        let patterns = secrets + secrets.map { Array(Encodings.hex($0).utf8) }
        #expect(String(buffer: output) == String(decoding: replaced(patterns, in: text), as: UTF8.self))
    }

    private func replaced(_ patterns: [[UInt8]], in text: [UInt8]) -> [UInt8] {
        var isSecret = [Bool](repeating: false, count: text.count)
        for symbols in readings(of: text) {
            for pattern in patterns where pattern.count <= symbols.count {
                for start in 0...symbols.count - pattern.count
                where symbols[start..<start + pattern.count].map(\.byte) == pattern {
                    let end = symbols[start + pattern.count - 1].source.upperBound
                    for position in symbols[start].source.lowerBound..<end { isSecret[position] = true }
                }
            }
        }
        var output: [UInt8] = []
        for (position, byte) in text.enumerated() {
            if !isSecret[position] {
                output.append(byte)
            } else if position == 0 || !isSecret[position - 1] {
                output += Scrubber.replacement.utf8
            }
        }
        return output
    }

    /// The text as it stands, with JSON's escapes undone, and with percent encoding undone too.
    private func readings(of text: [UInt8]) -> [[EscapeReader.Symbol]] {
        var readings = [
            text.enumerated().map { EscapeReader.Symbol(byte: $0.element, source: $0.offset..<$0.offset + 1) }
        ]
        for kind in EscapeReader.Kind.allCases {
            var reader = EscapeReader(kind)
            var symbols: [EscapeReader.Symbol] = []
            for (position, byte) in text.enumerated() { reader.read(byte, at: position) { symbols.append($0) } }
            reader.finish(at: text.count) { symbols.append($0) }
            readings.append(symbols)
        }
        return readings
    }
}
