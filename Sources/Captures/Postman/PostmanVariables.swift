import Value

/// The variables of a collection, by name. Environments are files of their own: without those, many have no value here.
struct PostmanVariables {
    struct Variable {
        let name: String
        let text: String
        /// Whether what it holds is a credential, by its name or because it is marked as one.
        let isSecret: Bool
    }

    /// Those of one folder. All that stands in it shares them: copies would cost folders times variables.
    private final class Scope: Sendable {
        let values: [String: Variable]
        let outer: Scope?

        init(_ values: [String: Variable], in outer: Scope?) {
            (self.values, self.outer) = (values, outer)
        }
    }

    private var scope: Scope?
    /// Of the environment, which counts first.
    private var environment: Scope?

    init() {}

    /// - Parameter environment: as exported environments and globals list them.
    init(environment: [JSON]) {
        guard !environment.isEmpty else { return }
        let values = Self.values(environment.filter { $0["enabled"]?.bool != false })
        self.environment = Scope(values, in: nil)
    }

    private static let longest = 8192
    private static let mostRounds = 8
    private static let most = 1000

    /// The variables and, behind them, those of an inner folder.
    func adding(_ list: JSON?) -> PostmanVariables {
        guard let list = list?.array, !list.isEmpty else { return self }
        var result = self
        result.scope = Scope(Self.values(list), in: scope)
        return result
    }

    private static func values(_ list: [JSON]) -> [String: Variable] {
        var values: [String: Variable] = [:]
        for variable in list.prefix(most) where variable["disabled"]?.bool != true {
            guard let name = (variable["key"] ?? variable["id"] ?? variable["name"])?.string else { continue }
            let text: String
            switch variable["value"] {
            case .string(let value): text = value
            case .number(let number): text = number.text
            case .bool(let truth): text = String(truth)
            default: continue
            }
            let isSecret = variable["type"]?.string == "secret" || FieldNames.isCredentialQuery(name)
            values[name] = Variable(name: name, text: text, isSecret: isSecret)
        }
        return values
    }

    /// What the credentials among the innermost variables are.
    var ownSecrets: [String] { (scope ?? environment)?.values.values.filter(\.isSecret).map(\.text) ?? [] }

    /// The text with the variables' values in their places, as far as they have any that `isTaken` lets through. What is
    /// too long, or would be, stays as it is.
    func resolve(_ text: String, where isTaken: (Variable) -> Bool = { _ in true }) -> String {
        var text = text
        for _ in 0..<Self.mostRounds {
            guard text.utf8.count <= Self.longest, text.contains("{{"), let next = once(text, isTaken) else { break }
            text = next
        }
        return text
    }

    private func value(_ name: String) -> Variable? {
        if let value = environment?.values[name], !value.text.isEmpty { return value }
        var place = scope
        while let current = place {
            if let value = current.values[name] { return value }
            place = current.outer
        }
        return nil
    }

    /// Nil where nothing was replaced.
    private func once(_ text: String, _ isTaken: (Variable) -> Bool) -> String? {
        var result = ""
        var rest = text[...]
        var isChanged = false
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            let name = rest[open.upperBound..<close.lowerBound].split(separator: " ").joined(separator: " ")
            result += rest[..<open.lowerBound]
            if let value = value(name), !value.text.isEmpty, isTaken(value) {
                // Before it is put there: a few names can stand for more than there is memory.
                guard result.utf8.count + value.text.utf8.count <= Self.longest else { return nil }
                result += value.text
                isChanged = true
            } else {
                result += rest[open.lowerBound..<close.upperBound]
            }
            rest = rest[close.upperBound...]
        }
        return isChanged ? result + rest : nil
    }
}

extension Substring {
    /// Where `text` stands first.
    fileprivate func firstRange(of text: String) -> Range<Index>? {
        guard let first = text.first else { return nil }
        var start = startIndex
        while let found = self[start...].firstIndex(of: first) {
            if self[found...].hasPrefix(text) { return found..<index(found, offsetBy: text.count) }
            start = index(after: found)
        }
        return nil
    }
}
