import Value

/// A record as a line of JSON, which people read and which can be turned back into the very bytes that are chained: an
/// exported file is verified by itself.
enum RecordText {
    /// The record's JSON text, without a newline; nil for bytes that are not a record.
    ///
    /// A field that this version does not know, or that would come back as other bytes, stands there under its number
    /// (`"#40":"68656c6c6f"`, and `"#40~1"` where it comes again), as does a version other than this one's (`"version":2`).
    static func text(_ record: UnsafeRawBufferPointer) -> [UInt8]? {
        guard var reader = RecordReader(record) else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(record.count * 2 + 64)
        output.append(UInt8(ascii: "{"))
        var seen: UInt64 = 0
        var raw: [Int: Int] = [:]
        while let field = reader.next() {
            if output.count > 1 { output.append(UInt8(ascii: ",")) }
            // A field that comes twice would come back once.
            if let known = RecordField(rawValue: field.tag), seen & 1 << UInt64(field.tag) == 0,
                append(field, known, to: &output)
            {
                seen |= 1 << UInt64(field.tag)
                continue
            }
            output += "\"#".utf8
            output += String(field.tag).utf8
            if let times = raw[field.tag] { output += "~\(times)".utf8 }
            raw[field.tag, default: 0] += 1
            output += "\":\"".utf8
            appendHex(field.value, to: &output)
            output.append(UInt8(ascii: "\""))
        }
        guard !reader.isBroken else { return nil }
        if reader.version != RecordField.version { output += ",\"version\":\(reader.version)".utf8 }
        output.append(UInt8(ascii: "}"))
        return output
    }

    /// Times that come back from their text: those of the years 0 to 9999.
    static let times: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999

    /// False where the value would not come back as it is; nothing was appended then.
    private static func append(_ field: RecordReader.Field, _ known: RecordField, to output: inout [UInt8]) -> Bool {
        func key() {
            output.append(UInt8(ascii: "\""))
            known.key.withUTF8Buffer { output += $0 }
            output += "\":".utf8
        }
        switch known.form {
        case .text:
            // Most texts are names that stand in JSON as they are.
            if field.value.allSatisfy({
                $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }) {
                key()
                output.append(UInt8(ascii: "\""))
                output.append(contentsOf: field.value)
                output.append(UInt8(ascii: "\""))
                return true
            }
            guard let text = field.text else { return false }
            key()
            JSON.string(text).write(into: &output)
        case .number:
            // Numbers beyond what JSON readers hold exactly are written out all the same; ours reads them.
            guard let number = field.number else { return false }
            if known == .time {
                guard Self.times.contains(number) else { return false }
                let text = Timestamp.text(microseconds: number)
                key()
                output.append(UInt8(ascii: "\""))
                output += text.utf8
                output.append(UInt8(ascii: "\""))
            } else {
                key()
                output += String(number).utf8
            }
        case .times:
            guard let times = AuditRecord.StageTime.read(field.value),
                !times.isEmpty,
                times.indices.allSatisfy({ place in
                    !times[..<place].contains { $0.stage == times[place].stage }
                })
            else { return false }
            key()
            for (index, time) in times.enumerated() {
                output.append(UInt8(ascii: index == 0 ? "{" : ","))
                JSON.string(time.stage).write(into: &output)
                output.append(UInt8(ascii: ":"))
                output += String(time.microseconds).utf8
            }
            output.append(UInt8(ascii: "}"))
        case .hash:
            guard field.value.count == AuditHash.byteCount else { return false }
            key()
            output.append(UInt8(ascii: "\""))
            appendHex(field.value, to: &output)
            output.append(UInt8(ascii: "\""))
        }
        return true
    }

    /// The bytes of the record that a JSON text stands for; nil for any other text.
    static func bytes(of text: [UInt8]) -> [UInt8]? {
        (try? JSON.parse(text)).flatMap(bytes)
    }

    /// The same of a text that is parsed already.
    static func bytes(of json: JSON) -> [UInt8]? {
        guard let object = json.object else { return nil }
        let version = object["version"].map { $0.int.flatMap { UInt8(exactly: $0) } } ?? RecordField.version
        guard let version else { return nil }
        var writer = RecordWriter(version: version)
        for (key, value) in object where key != "version" {
            if key.hasPrefix("#") {
                guard let tag = Int(key.dropFirst().prefix { $0 != "~" }), tag >= 0, let digits = value.string,
                    let bytes = AuditHash.bytes(hex: digits)
                else { return nil }
                writer.add(tag, bytes)
                continue
            }
            guard let field = RecordField.byKey[key], add(value, field, to: &writer) else { return nil }
        }
        return writer.bytes
    }

    private static func add(_ value: JSON, _ field: RecordField, to writer: inout RecordWriter) -> Bool {
        switch field.form {
        case .text:
            guard let text = value.string else { return false }
            writer.add(field, text)
        case .number:
            let number = field == .time ? value.string.flatMap(Timestamp.microseconds) : value.int.map(Int64.init)
            guard let number else { return false }
            writer.add(field, number)
        case .times:
            guard let object = value.object else { return false }
            var bytes: [UInt8] = []
            for (stage, time) in object {
                guard let time = time.int else { return false }
                LEB128.append(UInt64(stage.utf8.count), to: &bytes)
                bytes += stage.utf8
                LEB128.append(LEB128.zigzag(Int64(time)), to: &bytes)
            }
            writer.add(field.rawValue, bytes)
        case .hash:
            guard let hash = value.string.flatMap(AuditHash.init(hex:)) else { return false }
            writer.add(field.rawValue, hash.bytes)
        }
        return true
    }

    private static func appendHex(_ bytes: some Sequence<UInt8>, to output: inout [UInt8]) {
        for byte in bytes { AuditHash.appendHex(byte, to: &output) }
    }
}
