import EgressPolicy
import Failure
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
    /// What is passed on although the schemas do not describe it so.
    private(set) var warnings: [String] = []
    private var violations: [CallFailure.Violation] = []

    /// The most violations that are told.
    private static let most = 64

    /// - Parameter formats: what an argument means that does not have its `format`.
    /// - Throws: `INVALID_REQUEST` where nothing can be sorted, or a part of the path is missing.
    init(
        _ arguments: JSON, for endpoint: CompiledEndpoint, formats: CompiledAPI.Validation
    ) throws(CallFailure) {
        guard let given = arguments.object else {
            throw Self.failure([
                .init(pointer: "", message: "Arguments are one JSON object, not \(arguments.typeName).")
            ])
        }
        let object = Self.withoutNulls(given, endpoint)
        var known: Set<String> = []
        var isPathWhole = true
        for parameter in endpoint.parameters {
            known.insert(parameter.argument)
            guard let given = object[parameter.argument] ?? parameter.sentDefault else {
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
        judge(.object(object), endpoint, formats)
        guard isPathWhole else { throw Self.failure(violations) }
    }

    /// The arguments without those that are null and whose schema does not take it: nothing is what their callers mean.
    private static func withoutNulls(_ object: JSONObject, _ endpoint: CompiledEndpoint) -> JSONObject {
        let nulls = object.filter { $0.value.isNull }
        guard !nulls.isEmpty else { return object }
        var result = object
        // No style but JSON can write it.
        for parameter in endpoint.parameters where !parameter.isJSON && result[parameter.argument]?.isNull == true {
            result[parameter.argument] = .none
        }
        let alone = JSONObject(nulls.map { ($0.key, JSON.null) })
        let declared = endpoint.arguments["properties"]?.object ?? [:]
        for mismatch in endpoint.argumentSchema.mismatches(of: .object(alone), limit: most) {
            guard let name = mismatch.pointer.tokens.first, declared[name] != nil else { continue }
            result[name] = .none
        }
        return result
    }

    private mutating func judge(_ arguments: JSON, _ endpoint: CompiledEndpoint, _ formats: CompiledAPI.Validation) {
        let (mismatches, remarks) = endpoint.argumentSchema.judge(arguments, formats: formats, limit: Self.most)
        for mismatch in mismatches {
            let pointer = mismatch.pointer.description
            // Told already, in words that fit arguments better.
            if mismatch.pointer.tokens.isEmpty, mismatch.keyword == "required" { continue }
            if violations.contains(where: { $0.pointer == pointer }) { continue }
            violations.append(.init(pointer: pointer, message: mismatch.message))
        }
        for remark in remarks {
            // A parameter is what callers give, whatever the schema it refers to says.
            if remark.keyword == "readOnly", remark.pointer.tokens.count == 1,
                endpoint.parameters.contains(where: { $0.argument == remark.pointer.tokens[0] })
            {
                continue
            }
            warnings.append("The argument at \"\(remark.pointer)\": \(remark.message)")
        }
    }

    /// `INVALID_REQUEST` with every violation, by JSON Pointer; values are never repeated. Nil where nothing is wrong.
    var invalid: CallFailure? { violations.isEmpty ? nil : Self.failure(violations) }

    /// - Throws: ``invalid``.
    func checkValid() throws(CallFailure) {
        if let invalid { throw invalid }
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

    static func failure(_ violations: [CallFailure.Violation]) -> CallFailure {
        CallFailure(
            .invalidRequest, stage: .validation,
            detail: violations.count == 1
                ? "One argument is not valid." : "\(violations.count) arguments are not valid.",
            violations: violations)
    }
}

extension ParameterValue {
    /// Nil for what has lists or objects inside lists or objects, which no style but `deepObject` can write.
    init?(_ value: JSON, of parameter: Parameter) {
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
