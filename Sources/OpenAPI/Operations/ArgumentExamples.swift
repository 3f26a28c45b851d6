import Value

/// Arguments that a document's examples come to, for `endpoints[].examples`.
enum ArgumentExamples {
    private static let largest = 16 << 10

    /// None where an argument that is required has no example.
    static func make(_ parameters: [ImportedParameter], _ body: ImportedBody?, _ shape: BodyShape?) -> [JSON] {
        var common = JSONObject()
        for parameter in parameters {
            if let example = parameter.example {
                common[parameter.argument] = example
            } else if parameter.isRequired {
                let schema = parameter.schema.json
                guard schema["default"] == nil else { continue }
                guard let first = schema["enum"]?.array?.first else { return [] }
                common[parameter.argument] = first
            }
        }
        guard let body, let shape else { return common.isEmpty ? [] : bounded([.object(common)]) }
        let examples = body.examples.compactMap { arguments($0, common, shape) }
        if examples.isEmpty, !body.isRequired, !common.isEmpty { return bounded([.object(common)]) }
        return bounded(examples)
    }

    private static func arguments(_ example: JSON, _ common: JSONObject, _ shape: BodyShape) -> JSON? {
        var result = common
        guard let names = shape.properties else {
            result["body"] = example
            return .object(result)
        }
        // What is larger would not be kept.
        guard let members = example.object, members.count <= largest else { return Optional<JSON>.none }
        for (name, value) in members where shape.isOpen ? result[name] == nil : names.contains(name) {
            result[name] = value
        }
        let isWhole = shape.required.allSatisfy { result[$0] != nil }
        return isWhole ? .object(result) : Optional<JSON>.none
    }

    private static func bounded(_ examples: [JSON]) -> [JSON] {
        examples.prefix(3).filter { SchemaSize.bytes($0, atMost: largest) <= largest }.map { ["arguments": $0] }
    }
}
