import Foundation
import Lines
import Logging
import TestSupport
import Testing

@testable import Connector

@Suite struct LinesTests {
    @Test func aLineOfJSONEscapesWhatItMust() throws {
        var line = JSONLine()
        line.add("text", "a\"\\\n\u{1}\u{7f}ü")
        line.add("number", -12)
        let bytes = line.finish()
        let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        #expect(object?["text"] as? String == "a\"\\\n\u{1}\u{7f}ü")
        #expect(object?["number"] as? Int == -12)
        #expect(bytes.last == 10 && bytes.filter { $0 == 10 }.count == 1)
    }

    @Test("numbers of every length are whole", arguments: [0, 9, 10, -10, 999, .max, .min])
    func numbers(number: Int) {
        var line = JSONLine()
        line.add("n", number)
        #expect(String(decoding: line.finish(), as: UTF8.self) == "{\"n\":\(number)}\n")
    }

    @Test("the audit keeps a path without its query, of at most 2,048 bytes")
    func pathOfARecord() {
        #expect(AuditRecord.path(of: "/a/b") == "/a/b")
        #expect(AuditRecord.path(of: "/a?secret=/b?c") == "/a")
        #expect(AuditRecord.path(of: "?x").isEmpty)
        let long = "/" + String(repeating: "p", count: 3000)
        #expect(AuditRecord.path(of: long) == String(long.prefix(2048)))
        #expect(AuditRecord.path(of: long + "?secret") == String(long.prefix(2048)))
        #expect(AuditRecord.path(of: String(long.prefix(2047)) + "?secret") == String(long.prefix(2047)))
    }

    @Test func timeIsWrittenAsRFC3339() {
        var clock = Timestamp()
        let text = String(decoding: clock.text(seconds: 951_782_400, nanoseconds: 7_000), as: UTF8.self)
        #expect(text == "2000-02-29T00:00:00.000007Z")
        #expect(
            String(decoding: clock.text(seconds: 951_782_400, nanoseconds: 0), as: UTF8.self).hasSuffix("00.000000Z"))
    }

    @Test("T14: a reader of the log that stands still loses lines, which are counted, and stalls nobody")
    func aStalledLogDropsLines() async throws {
        let (reading, writing) = try closedPipe()
        let writer = LineWriter(descriptor: writing, capacity: 64 << 10)
        // Nobody reads: the pipe fills, then the queue, and each call returns all the same.
        for number in 0..<10_000 { writer.write("line \(number) \(String(repeating: "x", count: 100))") }
        #expect(writer.droppedLines > 0)
        let text = try await onOwnThread {
            let reader = FileHandle(fileDescriptor: reading, closeOnDealloc: true)
            var text = ""
            while !text.contains("log lines were dropped") {
                text += String(decoding: reader.availableData, as: UTF8.self)
            }
            return text
        }
        #expect(text.hasPrefix("line 0 "))
    }

    @Test func logLinesStayLines() throws {
        let (reading, writing) = try closedPipe()
        let writer = LineWriter(descriptor: writing)
        for format in LineLogHandler.Format.allCases {
            let logger = Logger(label: "test") { _ in
                LineLogHandler(writer: writer, format: format, level: .info)
            }
            logger.info("it happened", metadata: ["value": "a\nb \"c\""])
        }
        writer.flush()
        close(writing)
        let reader = FileHandle(fileDescriptor: reading, closeOnDealloc: true)
        let lines = String(decoding: reader.readDataToEndOfFile(), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.hasSuffix("info it happened value=\"a\\nb \\\"c\\\"\"") == true)
        let object = try JSONSerialization.jsonObject(with: Data((lines.last ?? "").utf8)) as? [String: String]
        #expect(object?["message"] == "it happened" && object?["value"] == "a\nb \"c\"" && object?["level"] == "info")
    }
}
