/// The content codings that are decoded (RFC 9110 section 8.4.1).
enum ContentCoding: Sendable, Hashable {
    case gzip, deflate

    /// The codings that `Content-Encoding` fields name, in the order they were applied. Identity is none, and so are the
    /// names that servers give to a plain body: a charset, how it is stored, or how an upload to S3 was once signed.
    /// - Throws: `unsupportedEncoding`, `tooManyEncodings`.
    static func parse(_ fields: some Sequence<String>, limit: Int) throws(BodyDecodingError) -> [ContentCoding] {
        var codings: [ContentCoding] = []
        for field in fields {
            for element in field.utf8.split(separator: UInt8(ascii: ",")) {
                switch name(element) {
                case "", "identity", "none", "binary", "utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "8bit",
                    "7bit",
                    "aws-chunked":
                    continue
                case "gzip", "x-gzip": codings.append(.gzip)
                case "deflate": codings.append(.deflate)
                default: throw BodyDecodingError(.unsupportedEncoding)
                }
                guard codings.count <= limit else { throw BodyDecodingError(.tooManyEncodings) }
            }
        }
        return codings
    }

    /// Lower case, without the white space around it.
    private static func name(_ element: Substring.UTF8View) -> String {
        let trimmed = element.drop(while: isBlank)
        let end = trimmed.lastIndex { !isBlank($0) }
        guard let end else { return "" }
        return String(decoding: trimmed[...end].map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
