/// The other files that a document refers to, found in its text: the importer reads them in earnest.
enum DocumentParts {
    private static let most = 50

    /// References without their fragments, as written; not those within the document.
    static func references(in bytes: [UInt8]) -> [String] {
        let mark = Array("$ref".utf8)
        var found: [String] = []
        var index = 0
        while index + mark.count < bytes.count, found.count < most {
            guard bytes[index] == mark[0], bytes[index..<index + mark.count].elementsEqual(mark) else {
                index += 1
                continue
            }
            index += mark.count
            guard let reference = value(bytes, at: index), !found.contains(reference) else { continue }
            found.append(reference)
        }
        return found
    }

    /// Behind the key: its end, a colon, and a text with quotes or without.
    private static func value(_ bytes: [UInt8], at start: Int) -> String? {
        var index = start
        let fill = Array("\"' \t:".utf8)
        while index < bytes.count, index < start + 16, fill.contains(bytes[index]) { index += 1 }
        let rest = bytes[index...].prefix(WebAddress.longest)
        let text = rest.prefix { byte in byte > 0x20 && !"\"'#,}".utf8.contains(byte) }
        let isWhole = text.endIndex < bytes.endIndex && text.endIndex > index
        return isWhole ? String(validating: text, as: UTF8.self) : nil
    }
}
