package import Value

/// Reads YAML 1.2 documents, and JSON, into values with positions.
package enum YAML {
    /// Reads the one document in `bytes` (UTF-8). An empty text is `null`.
    ///
    /// Plain scalars follow the core schema of YAML 1.2 (section 10.3), so `yes` and `2024-01-01` are strings; `0x1F` and
    /// `0o17` become decimal numbers. Mappings may use the merge key `<<`. Refused: duplicate keys, keys that are no
    /// scalars, a second document, anchors inside themselves, infinities and NaN, and tags outside the core schema.
    package static func parse(_ bytes: [UInt8], limits: YAMLLimits = .default) throws(YAMLError) -> Document {
        guard bytes.count <= limits.bytes else {
            throw YAMLError("the document has more than \(limits.bytes) bytes", at: Position(line: 1, column: 1))
        }
        guard !bytes.isEmpty else {
            return Document(root: .null, positions: PositionTree(value: Position(line: 1, column: 1)))
        }
        guard looksLikeJSON(bytes) else { return try compose(bytes, limits) }
        // libyaml knows no surrogate pairs and no long keys, so JSON goes to the JSON parser, and comes back when it is
        // a YAML flow collection instead.
        let fault: JSONParseError
        do throws(JSONParseError) {
            return try JSON.parseDocument(
                bytes,
                limits: JSONLimits(
                    depth: limits.depth, bytes: limits.bytes, nodes: limits.nodes,
                    acceptsRepeatedKeys: limits.acceptsRepeatedKeys, repairsText: limits.repairsText))
        } catch {
            fault = error
        }
        guard fault.code == .syntax else { throw YAMLError(fault.message, at: fault.position) }
        do throws(YAMLError) {
            return try compose(bytes, limits)
        } catch {
            throw fault.position > error.position ? YAMLError(fault.message, at: fault.position) : error
        }
    }

    /// Reads the one document in `text`.
    package static func parse(_ text: String, limits: YAMLLimits = .default) throws(YAMLError) -> Document {
        try parse(Array(text.utf8), limits: limits)
    }

    private static func looksLikeJSON(_ bytes: [UInt8]) -> Bool {
        switch bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
        case UInt8(ascii: "{"), UInt8(ascii: "["): true
        default: false
        }
    }

    private static func compose(_ bytes: [UInt8], _ limits: YAMLLimits) throws(YAMLError) -> Document {
        let result = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(YAMLError) in
                var composer = Composer(try EventStream(buffer), limits: limits)
                return try composer.document()
            }
        }
        return try result.get()
    }
}
