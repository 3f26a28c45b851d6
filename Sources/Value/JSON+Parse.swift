extension JSON {
    /// Reads one JSON document (RFC 8259, strict: UTF-8 without a byte order mark, unique keys, nothing behind the value).
    package static func parse(
        _ bytes: some Collection<UInt8>, limits: JSONLimits = .default
    ) throws(JSONParseError) -> JSON {
        try contiguous(bytes) { buffer in
            do throws(JSONParseError) {
                var parser = JSONParser(buffer, limits: limits, recordsPositions: false)
                return .success(try parser.document())
            } catch {
                guard error.code == .duplicateKey else { return .failure(error) }
            }
            // A second reading, with positions, can say where the key stood first.
            return Result { () throws(JSONParseError) in
                var parser = JSONParser(buffer, limits: limits, recordsPositions: true)
                return try parser.document()
            }
        }
    }

    /// Reads one JSON document.
    package static func parse(_ text: String, limits: JSONLimits = .default) throws(JSONParseError) -> JSON {
        try parse(text.utf8, limits: limits)
    }

    /// Reads one JSON document and remembers where each of its values and keys stood.
    package static func parseDocument(
        _ bytes: some Collection<UInt8>, limits: JSONLimits = .default
    ) throws(JSONParseError) -> Document {
        try contiguous(bytes) { buffer in
            Result { () throws(JSONParseError) in
                var parser = JSONParser(buffer, limits: limits, recordsPositions: true)
                let root = try parser.document()
                return Document(root: root, positions: parser.positions, repeatedKeys: parser.repeatedKeys)
            }
        }
    }

    /// Reads one JSON document and remembers where each of its values and keys stood.
    package static func parseDocument(_ text: String, limits: JSONLimits = .default) throws(JSONParseError) -> Document
    {
        try parseDocument(text.utf8, limits: limits)
    }

    private static func contiguous<Value>(
        _ bytes: some Collection<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Result<Value, JSONParseError>
    ) throws(JSONParseError) -> Value {
        let result = bytes.withContiguousStorageIfAvailable(body) ?? Array(bytes).withUnsafeBufferPointer(body)
        return try result.get()
    }
}
