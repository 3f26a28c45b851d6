import Testing

@testable import Redaction

@Suite("Undoing escapes")
struct EscapeReaderTests {
    private func undo(
        _ text: String, _ kind: EscapeReader.Kind = .percent
    ) -> (text: String, sources: [Range<Int>]) {
        var reader = EscapeReader(kind)
        var symbols: [EscapeReader.Symbol] = []
        let bytes = Array(text.utf8)
        for (position, byte) in bytes.enumerated() { reader.read(byte, at: position) { symbols.append($0) } }
        reader.finish(at: bytes.count) { symbols.append($0) }
        return (String(decoding: symbols.map(\.byte), as: UTF8.self), symbols.map(\.source))
    }

    @Test(
        "escapes are undone, and what only looks like one stands for itself",
        arguments: [
            ("plain", "plain"), ("%41%4a%4A", "AJJ"), ("%", "%"), ("%4", "%4"), ("%4g", "%4g"), ("%%41", "%A"),
            ("%4%41", "%4A"), (#"\/\"\\\n\t"#, "/\"\\\n\t"), (#"\x"#, #"\x"#), (#"\"#, #"\"#), (#"\u0041"#, "A"),
            (#"\u00e9"#, "é"), (#"\u20AC"#, "€"), (#"\ud83d\ude00"#, "😀"), (#"\ud83d"#, #"\ud83d"#),
            (#"\ud83d\n"#, "\\ud83d\n"), (#"\ud83d\u0041"#, #"\ud83dA"#), (#"\ud83d\ud83d\ude00"#, #"\ud83d😀"#),
            (#"\ude00"#, #"\ude00"#), (#"\u00"#, #"\u00"#), (#"\u00\u0041"#, #"\u00A"#), (#"\u00%41"#, #"\u00A"#),
            (#"%\u0041"#, "%A"), (#"\%41"#, #"\A"#), (#"\\u0041"#, #"\u0041"#), (#"\ud83d\u00e9x"#, #"\ud83déx"#),
            (#"\ud83d%41"#, #"\ud83dA"#),
        ])
    func undone(text: String, expected: String) {
        let (output, sources) = undo(text)
        #expect(output == expected)
        // Every byte is the source of something, in order; only the bytes of one character share theirs.
        var end = 0
        for (index, source) in sources.enumerated() where index == 0 || source != sources[index - 1] {
            #expect(source.lowerBound == end)
            end = source.upperBound
        }
        #expect(end == text.utf8.count)
    }

    @Test("percent signs stay where only JSON is undone")
    func jsonOnly() {
        #expect(undo(#"%41\u0041%"#, .backslash).text == "%41A%")
    }

    @Test(
        "escapes of program texts are undone beside JSON's",
        arguments: [
            (#"\x41\x4a\x4A"#, "AJJ"), (#"\x4"#, #"\x4"#), (#"\xg1"#, #"\xg1"#), (#"\101\060"#, "A0"),
            (#"\18"#, #"\18"#),
            (#"\u{41}\u{1F600}"#, "A😀"), (#"\u{}"#, #"\u{}"#), (#"\u{1234567}"#, #"\u{1234567}"#), (#"\'"#, "'"),
        ])
    func programs(text: String, expected: String) {
        #expect(undo(text, .backslash).text == expected)
        #expect(undo(text, .percent).text == expected)
    }

    @Test(
        "character references are undone, and what only looks like one stands for itself",
        arguments: [
            ("a&amp;b", "a&b"), ("&#65;&#x41;&#X4a;", "AAJ"), ("&lt;&gt;&quot;&apos;&sol;", "<>\"'/"),
            ("&none;", "&none;"),
            ("&amp", "&amp"), ("&&amp;", "&&"), ("a=1&b=2", "a=1&b=2"), ("&#x110000;", "&#x110000;"), ("&#;", "&#;"),
            ("&thetasymsymsym;", "&thetasymsymsym;"), ("&amp;amp;", "&amp;"),
        ])
    func references(text: String, expected: String) {
        #expect(undo(text, .reference).text == expected)
    }

    @Test(
        "quoted-printable is undone, and wrapped lines are joined",
        arguments: [
            ("=41=4a", "AJ"), ("=4", "=4"), ("a=b", "a=b"), ("ab=\r\ncd", "abcd"), ("ab=\ncd", "abcd"),
            ("ab\r\ncd", "abcd"),
            (#"ab\r\ncd\t"#, #"abcd\t"#), ("==41", "=A"), ("=", "="),
        ])
    func wrapped(text: String, expected: String) {
        #expect(undo(text, .wrapped).text == expected)
    }
}
