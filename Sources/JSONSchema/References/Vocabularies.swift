import Value

/// The vocabularies of draft 2020-12 that change what validates.
struct Vocabularies: OptionSet {
    let rawValue: UInt8

    static let applicator = Vocabularies(rawValue: 1)
    static let unevaluated = Vocabularies(rawValue: 2)
    static let validation = Vocabularies(rawValue: 4)
    static let formatAssertion = Vocabularies(rawValue: 8)

    /// Those of the draft's own meta-schema.
    static let standard: Vocabularies = [.applicator, .unevaluated, .validation]

    private static let prefix = "https://json-schema.org/draft/2020-12/vocab/"

    /// The vocabularies that a meta-schema's `$vocabulary` names, and those it requires that are not known.
    static func read(_ object: JSONObject) -> (known: Vocabularies, unknown: [String]) {
        var known: Vocabularies = []
        var unknown: [String] = []
        for (uri, isRequired) in object {
            switch uri.hasPrefix(prefix) ? uri.dropFirst(prefix.count) : "" {
            case "applicator": known.insert(.applicator)
            case "unevaluated": known.insert(.unevaluated)
            case "validation": known.insert(.validation)
            case "format-assertion": known.insert(.formatAssertion)
            case "core", "format-annotation", "meta-data", "content": break
            default: if isRequired.bool == true { unknown.append(uri) }
            }
        }
        return (known, unknown)
    }
}
