import Value

/// The tags of the core schema, and of YAML 1.1's types those that a JSON value can stand for: bytes and points in time
/// are their text, sets and ordered mappings what they are written as. Others are refused, since a value could not carry
/// them.
enum Tag {
    static let sequence = prefix + "seq"
    static let mapping = prefix + "map"
    private static let prefix = "tag:yaml.org,2002:"

    /// The value of a scalar. Quotes and blocks, the tags `!` and `!!str` make strings; `!!int` and the like must fit
    /// what the core schema finds.
    static func resolve(_ scalar: Event.Scalar, tag: String?, at position: Position) throws(YAMLError) -> JSON {
        switch tag {
        case nil: if !scalar.isPlain { return .string(scalar.text) }
        case "!", prefix + "str", prefix + "timestamp": return .string(scalar.text)
        // Base64, which may be folded over lines.
        case prefix + "binary": return .string(scalar.text.filter { !$0.isWhitespace })
        default: break
        }
        guard case .value(let value) = CoreSchema.resolve(scalar.text) else {
            throw YAMLError("this number cannot be represented; put it in quotes to make it a string", at: position)
        }
        guard let tag else { return value }
        let fits: Bool
        switch tag {
        case prefix + "null": fits = value.isNull
        case prefix + "bool": fits = value.bool != nil
        case prefix + "int": fits = value.number?.isInteger ?? false
        case prefix + "float": fits = value.number != nil
        default: throw unknown(tag, at: position)
        }
        guard fits else { throw YAMLError("the value does not fit its tag", at: position) }
        return value
    }

    /// Refuses a collection with a tag other than `expected`.
    static func check(_ tag: String?, is expected: String, at position: Position) throws(YAMLError) {
        guard let tag, tag != "!", tag != expected else { return }
        let others = expected == mapping ? ["set"] : ["omap", "pairs"]
        guard !others.contains(where: { prefix + $0 == tag }) else { return }
        throw unknown(tag, at: position)
    }

    private static func unknown(_ tag: String, at position: Position) -> YAMLError {
        YAMLError("the tag \(tag.quotedForMessage) is not supported here", at: position)
    }
}
