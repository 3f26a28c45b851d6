/// A body of `multipart/form-data` (RFC 7578), read whole.
struct MultipartForm {
    struct Part {
        var name: String
        /// As the sender writes it; nil for a field that is no file.
        var fileName: String?
        var bytes: ArraySlice<UInt8>
    }

    private(set) var parts: [Part] = []

    /// Parts of one form.
    private static let most = 1000

    /// The boundary that a content type names; nil when it is another type or names none.
    static func boundary(_ contentType: String) -> String? {
        let fields = Self.fields(contentType)
        guard fields.first?.value.lowercased() == "multipart/form-data" else { return nil }
        guard let boundary = fields.first(where: { $0.key == "boundary" })?.value,
            (1...70).contains(boundary.utf8.count)
        else { return nil }
        return boundary
    }

    /// Nil for a body that does not have the form its type promises.
    init?(_ bytes: [UInt8], boundary: String) {
        let delimiter = Array("--\(boundary)".utf8)
        // What precedes the first delimiter is nobody's (RFC 2046, section 5.1.1).
        guard var rest = Self.find(delimiter, in: bytes[...]).map({ bytes[$0.upperBound...] }) else { return nil }
        let next = Array("\r\n".utf8) + delimiter
        while !rest.starts(with: Array("--".utf8)) {
            guard parts.count < Self.most, let line = Self.find(Array("\r\n".utf8), in: rest),
                rest[..<line.lowerBound].allSatisfy({ $0 == 0x20 || $0 == 0x09 })
            else { return nil }
            // So that a part without fields has an empty line as well.
            let part = rest[line.lowerBound...]
            guard let blank = Self.find(Array("\r\n\r\n".utf8), in: part),
                let end = Self.find(next, in: part[(blank.upperBound - 2)...])
            else { return nil }
            guard
                let read = Self.part(
                    head: part[..<blank.lowerBound], part[blank.upperBound..<max(end.lowerBound, blank.upperBound)])
            else { return nil }
            parts.append(read)
            rest = part[end.upperBound...]
        }
    }

    private static func part(head: ArraySlice<UInt8>, _ bytes: ArraySlice<UInt8>) -> Part? {
        guard let head = String(validating: head, as: UTF8.self) else { return nil }
        for line in head.split(separator: "\r\n") {
            let pair = line.split(separator: ":", maxSplits: 1)
            guard pair.count == 2, pair[0].lowercased() == "content-disposition" else { continue }
            let fields = fields(String(pair[1]))
            guard fields.first?.value.lowercased() == "form-data" else { return nil }
            guard let name = fields.first(where: { $0.key == "name" })?.value else { return nil }
            return Part(name: name, fileName: fields.first { $0.key == "filename" }?.value, bytes: bytes)
        }
        return nil
    }

    /// A value and its parameters, quoted or not; the value itself has no key.
    private static func fields(_ text: String) -> [(key: String, value: String)] {
        var fields: [(key: String, value: String)] = []
        var key = ""
        var value = ""
        var isQuoted = false
        var isEscaped = false
        func trimmed(_ text: String) -> String {
            String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }
        for character in text + ";" {
            switch character {
            case _ where isEscaped:
                value.append(character)
                isEscaped = false
            case "\\" where isQuoted: isEscaped = true
            case "\"": isQuoted.toggle()
            case _ where isQuoted: value.append(character)
            case ";":
                fields.append((trimmed(key).lowercased(), trimmed(value)))
                key = ""
                value = ""
            case "=" where key.isEmpty && !fields.isEmpty:
                key = value
                value = ""
            default: value.append(character)
            }
        }
        return fields
    }

    /// Where `needle` is first found.
    private static func find(_ needle: [UInt8], in bytes: ArraySlice<UInt8>) -> Range<Int>? {
        guard let first = needle.first else { return nil }
        var start = bytes.startIndex
        while let index = bytes[start...].firstIndex(of: first) {
            let end = index + needle.count
            guard end <= bytes.endIndex else { return nil }
            if bytes[index..<end].elementsEqual(needle) { return index..<end }
            start = index + 1
        }
        return nil
    }
}
