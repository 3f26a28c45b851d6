import NIOCore
import Testing

@testable import Redaction

@Suite("Charsets of text")
struct TextCharsetTests {
    private func read(_ bytes: [UInt8], _ declared: String?, isJSON: Bool = false) -> String? {
        TextCharset.utf8(ByteBuffer(bytes: bytes), declared: declared, isJSON: isJSON).map { String(buffer: $0) }
    }

    @Test(
        "Text is decoded by its charset",
        arguments: [
            ("ISO-8859-1", [0xE4, 0x80, 0xDF], "ä€ß"), ("iso-8859-2", [0xB1], "ą"), ("ISO-8859-15", [0xA4], "€"),
            ("windows-1251", [0xCF, 0xF0], "Пр"), ("Windows-1252", [0x93], "“"), ("KOI8-R", [0xF0], "П"),
            ("GBK", [0xC4, 0xE3, 0xBA, 0xC3], "你好"), ("gb2312", [0xC4, 0xE3], "你"),
            ("Shift_JIS", [0x93, 0xFA, 0x96, 0x7B], "日本"), ("EUC-JP", [0xC6, 0xFC], "日"),
            ("EUC-KR", [0xC7, 0xD1], "한"), ("Big5", [0xA7, 0x41], "你"),
            ("UTF-16LE", [0x41, 0, 0xE4, 0], "Aä"), ("utf-16be", [0, 0x41], "A"), ("UTF-16", [0x41, 0], "A"),
            ("utf-32le", [0x41, 0, 0, 0], "A"),
        ] as [(String, [UInt8], String)])
    func charsets(name: String, bytes: [UInt8], text: String) {
        #expect(read(bytes, name) == text)
    }

    @Test("A byte order mark says more than the declared charset, and is taken away")
    func marks() {
        #expect(read([0xEF, 0xBB, 0xBF, 0x41], "iso-8859-1") == "A")
        #expect(read([0xFF, 0xFE, 0x41, 0], nil) == "A")
        #expect(read([0xFE, 0xFF, 0, 0x41], "utf-8") == "A")
        #expect(read([0xFF, 0xFE, 0, 0, 0x41, 0, 0, 0], nil) == "A")
    }

    @Test("UTF-8, unknown charsets and names for iconv's own use leave the bytes as they are")
    func untouched() {
        for name in ["utf-8", "us-ascii", "x-none", "UTF-7", "iso-2022-cn-ext", "latin1//TRANSLIT", "", "../x"] {
            #expect(read([0xE4], name) == nil, "\(name)")
        }
        #expect(read([0xE4], nil) == nil)
    }

    @Test("JSON is UTF-8 unless it is not, and found in wide characters")
    func json() {
        #expect(read(Array("\"é\"".utf8), "iso-8859-1", isJSON: true) == nil)
        #expect(read([0x22, 0xE9, 0x22], "iso-8859-1", isJSON: true) == "\"é\"")
        #expect(read([0x7B, 0, 0x7D, 0], nil, isJSON: true) == "{}")
        #expect(read([0, 0x7B, 0, 0x7D], nil, isJSON: true) == "{}")
        #expect(read([0x31], nil, isJSON: true) == nil)
    }

    @Test("XML and HTML may say it themselves")
    func written() {
        let xml = Array(#"<?xml version="1.0" encoding="ISO-8859-1"?><a>"#.utf8) + [0xE4] + Array("</a>".utf8)
        #expect(read(xml, nil)?.contains("ä") == true)
        let html = Array(#"<html><meta charset='shift_jis'>"#.utf8) + [0x93, 0xFA]
        #expect(read(html, nil)?.hasSuffix("日") == true)
    }

    @Test("What cannot be read becomes U+FFFD, and the rest stays")
    func broken() {
        #expect(read([0x41, 0x93], "shift_jis") == "A\u{FFFD}")
        #expect(read([0x00, 0xD8, 0x41, 0], "utf-16le") == "\u{FFFD}A")
        #expect(read([0x41, 0, 0x42], "utf-16le") == "A\u{FFFD}")
        #expect(read([0x81, 0x41], "windows-1252") == "\u{FFFD}A")
    }

    @Test("Megabytes of broken text are read in one pass", .timeLimit(.minutes(10)))
    func linear() {
        let bytes = [UInt8](repeating: 0xFF, count: 512 << 10)
        #expect(TextCharset.utf8(ByteBuffer(bytes: bytes), declared: "shift_jis")?.readableBytes == 3 * (512 << 10))
    }
}
