import EgressPolicy
import Registry
import Value

/// Stage: a call's arguments, checked against its endpoint and sorted by where they go.
struct BoundArguments {
    private(set) var path: [String: PathValue] = [:]
    private(set) var query: [(name: String, value: String)] = []
    private(set) var body: JSON?

    /// - Throws: `INVALID_REQUEST` with every violation, by JSON Pointer; values are never repeated.
    init(_ arguments: JSON, for endpoint: CompiledEndpoint) throws(Failure) {
        guard let object = arguments.object else {
            throw Self.failure([
                .init(pointer: "", message: "Arguments are one JSON object, not \(arguments.typeName).")
            ])
        }
        var violations: [Failure.Violation] = []
        var known: Set<String> = []
        for parameter in endpoint.parameters {
            known.insert(parameter.name)
            let pointer = JSONPointer.root.appending(parameter.name).description
            guard let value = object[parameter.name], !value.isNull else {
                if parameter.isRequired {
                    violations.append(.init(pointer: pointer, message: "This argument is required."))
                }
                continue
            }
            guard let text = Self.text(value, as: parameter.kind) else {
                let message = "This must be \(parameter.kind.phrase), not \(value.typeName)."
                violations.append(.init(pointer: pointer, message: message))
                continue
            }
            switch parameter.location {
            case .path: path[parameter.name] = .single(text)
            case .query: query.append((parameter.name, text))
            }
        }
        switch endpoint.body {
        case .none:
            break
        case .whole:
            known.insert("body")
            body = object["body"]
        case .properties(let names):
            known.formUnion(names)
            let present = names.compactMap { name in object[name].map { (name, $0) } }
            body = .object(JSONObject(present))
        }
        for (name, _) in object where !known.contains(name) {
            let pointer = JSONPointer.root.appending(name).description
            violations.append(.init(pointer: pointer, message: "The endpoint has no such argument."))
        }
        guard violations.isEmpty else { throw Self.failure(violations) }
    }

    private static func failure(_ violations: [Failure.Violation]) -> Failure {
        Failure(
            .invalidRequest, stage: .validation,
            detail: violations.count == 1
                ? "One argument is not valid." : "\(violations.count) arguments are not valid.",
            violations: violations)
    }

    private static func text(_ value: JSON, as kind: Parameter.Kind) -> String? {
        switch kind {
        case .string: value.string
        case .integer: value.int.map { String($0) }
        case .number: value.number?.text
        case .boolean: value.bool.map { $0 ? "true" : "false" }
        }
    }
}

extension Parameter.Kind {
    fileprivate var phrase: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .number: "a number"
        case .boolean: "true or false"
        }
    }
}
