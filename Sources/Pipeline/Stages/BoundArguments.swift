import EgressPolicy
import Registry
import Value

/// Stage: a call's arguments, sorted by where they go, and what is wrong with them.
///
/// Sorting comes first, since the rendered URL is judged before the arguments are: what is found wrong on the way waits
/// for ``checkValid()``.
struct BoundArguments {
    private(set) var parameters: [(parameter: Parameter, value: ParameterValue)] = []
    /// What the request's body is made of; nil for none.
    private(set) var body: JSON?
    private var violations: [Failure.Violation] = []

    /// The most violations that are told.
    private static let most = 64

    /// - Throws: `INVALID_REQUEST` where nothing can be sorted, or a part of the path is missing.
    init(_ arguments: JSON, for endpoint: CompiledEndpoint) throws(Failure) {
        guard let object = arguments.object else {
            throw Self.failure([
                .init(pointer: "", message: "Arguments are one JSON object, not \(arguments.typeName).")
            ])
        }
        var known: Set<String> = []
        var isPathWhole = true
        for parameter in endpoint.parameters {
            known.insert(parameter.argument)
            var given = object[parameter.argument]
            if given?.isNull ?? true { given = parameter.schema["default"] }
            guard let given, !given.isNull else {
                if parameter.isRequired {
                    violate(parameter.argument, "This argument is required.")
                    if parameter.location == .path { isPathWhole = false }
                }
                continue
            }
            guard let value = ParameterValue(given, of: parameter) else {
                violate(parameter.argument, "A list or object in a parameter holds only strings, numbers and booleans.")
                if parameter.location == .path { isPathWhole = false }
                continue
            }
            parameters.append((parameter, value))
        }
        bindBody(object, endpoint, &known)
        for (name, _) in object where !known.contains(name) { violate(name, "The endpoint has no such argument.") }
        for mismatch in endpoint.argumentSchema.mismatches(of: arguments, limit: Self.most) {
            let pointer = mismatch.pointer.description
            // Told already, in words that fit arguments better.
            if mismatch.pointer.tokens.isEmpty, mismatch.keyword == "required" { continue }
            if violations.contains(where: { $0.pointer == pointer }) { continue }
            violations.append(.init(pointer: pointer, message: mismatch.message))
        }
        guard isPathWhole else { throw Self.failure(violations) }
    }

    /// - Throws: `INVALID_REQUEST` with every violation, by JSON Pointer; values are never repeated.
    func checkValid() throws(Failure) {
        guard violations.isEmpty else { throw Self.failure(violations) }
    }

    private mutating func bindBody(_ object: JSONObject, _ endpoint: CompiledEndpoint, _ known: inout Set<String>) {
        switch endpoint.body {
        case .none:
            return
        case .whole:
            known.insert("body")
            body = object["body"]
            if body == nil, endpoint.requiresBody { violate("body", "This argument is required.") }
        case .properties(let names, let isOpen):
            var members = JSONObject()
            for case .string(let name) in endpoint.arguments["required"]?.array ?? []
            where object[name] == nil && !known.contains(name) {
                // What can have one value only need not be given, such as the text of a GraphQL query.
                if names.contains(name), let constant = endpoint.arguments["properties"]?[name]?["const"] {
                    members[name] = constant
                } else {
                    violate(name, "This argument is required.")
                }
            }
            for (name, value) in object where isOpen ? !known.contains(name) : names.contains(name) {
                members[name] = value
            }
            known.formUnion(names)
            if isOpen { known.formUnion(object.keys) }
            if !members.isEmpty || endpoint.requiresBody { body = .object(members) }
        }
    }

    private mutating func violate(_ name: String, _ message: String) {
        guard violations.count < Self.most else { return }
        violations.append(.init(pointer: JSONPointer.root.appending(name).description, message: message))
    }

    static func failure(_ violations: [Failure.Violation]) -> Failure {
        Failure(
            .invalidRequest, stage: .validation,
            detail: violations.count == 1
                ? "One argument is not valid." : "\(violations.count) arguments are not valid.",
            violations: violations)
    }
}

extension ParameterValue {
    /// Nil for what has lists or objects inside lists or objects, which no style but `deepObject` can write.
    fileprivate init?(_ value: JSON, of parameter: Parameter) {
        if parameter.isJSON {
            self = .scalar(value.text())
        } else if parameter.format.style == .deepObject {
            guard let fields = DeepFields(value) else { return nil }
            self = .object(fields.fields.map { Property($0.key, $0.value) })
        } else {
            self.init(value)
        }
    }

    private init?(_ value: JSON) {
        switch value {
        case .array(let elements):
            let texts = elements.compactMap(\.parameterText)
            guard texts.count == elements.count else { return nil }
            self = .array(texts)
        case .object(let object):
            var properties: [ParameterValue.Property] = []
            for (key, member) in object {
                guard let text = member.parameterText else { return nil }
                properties.append(ParameterValue.Property(key, text))
            }
            self = .object(properties)
        case .null, .bool, .number, .string:
            guard let text = value.parameterText else { return nil }
            self = .scalar(text)
        }
    }
}

extension JSON {
    /// A scalar as parameters write it: whole numbers without a fraction, however they were spelt.
    var parameterText: String? {
        switch self {
        case .string(let text): text
        case .number(let number): number.int.map { String($0) } ?? number.text
        case .bool(let flag): flag ? "true" : "false"
        case .null, .array, .object: nil
        }
    }
}
