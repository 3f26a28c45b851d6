import Testing

@testable import Traffic

@Suite("Undoing escapes")
struct EscapeReaderTests {
    private func undo(_ text: String, percent: Bool = true) -> (text: String, sources: [Range<Int>]) {
        var reader = EscapeReader(undoesPercent: percent)
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
        #expect(undo(#"%41\u0041%"#, percent: false).text == "%41A%")
    }
}
