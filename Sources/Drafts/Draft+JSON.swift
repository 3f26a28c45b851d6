package import Value

extension Draft {
    /// The draft as `POST /v1/apis:import` answers it. What is absent is left out, not null.
    ///
    /// - Parameters:
    ///   - isSelected: which of the imported operations are wanted; all by default.
    ///   - tokens: what listing an endpoint costs an agent's model, where that is known.
    package func json(
        selecting isSelected: (DraftOperation) -> Bool = { _ in true }, tokens: (JSONObject) -> Int? = { _ in nil }
    ) -> JSON {
        var totals = Totals()
        let list = operations.map { operation -> JSON in
            let isLeft = operation.endpoint == nil || isSelected(operation)
            let cost = isLeft ? operation.endpoint.flatMap(tokens) : nil
            let outcome = isLeft ? operation.outcome.rawValue : Totals.notSelected
            totals.count(outcome, cost)
            return .object(operation.json(outcome: outcome, tokens: cost))
        }
        var source: JSONObject = ["kind": .string(self.source.rawValue)]
        if let version { source["version"] = .string(version) }
        return .object([
            "definition": wholeDefinition(selecting: isSelected), "source": .object(source),
            "operations": .array(list), "findings": .array(findings.map(\.json)), "totals": totals.json,
        ])
    }
}

/// How many operations there are of each outcome, and what listing the imported ones costs.
private struct Totals {
    static let notSelected = "not_selected"
    private var all = 0
    private var byOutcome: [String: Int] = [:]
    private var tokens: Int?

    mutating func count(_ outcome: String, _ cost: Int?) {
        all += 1
        byOutcome[outcome, default: 0] += 1
        if let cost { tokens = (tokens ?? 0) + cost }
    }

    var json: JSON {
        let outcomes = [
            DraftOperation.Outcome.imported.rawValue, DraftOperation.Outcome.importedWithChanges.rawValue,
            DraftOperation.Outcome.leftOut.rawValue, Self.notSelected,
        ]
        var object: JSONObject = ["operations": .number(JSONNumber(all))]
        for outcome in outcomes { object[outcome] = .number(JSONNumber(byOutcome[outcome] ?? 0)) }
        if let tokens { object["tokens"] = .number(JSONNumber(tokens)) }
        return .object(object)
    }
}

extension DraftOperation {
    fileprivate func json(outcome: String, tokens: Int?) -> JSONObject {
        var object: JSONObject = ["method": .string(method), "path": .string(path)]
        if let operationID { object["operation_id"] = .string(operationID) }
        if let name = endpoint?["name"] { object["name"] = name }
        if !tags.isEmpty { object["tags"] = .array(tags.map(JSON.string)) }
        if isDeprecated { object["deprecated"] = true }
        object["outcome"] = .string(outcome)
        if let tokens { object["tokens"] = .number(JSONNumber(tokens)) }
        if let pointer { object["pointer"] = .string(pointer.description) }
        object["findings"] = .array(findings.map(\.json))
        return object
    }

}

extension Finding {
    /// The finding as the HTTP API and the commands show it.
    package var json: JSON {
        var object: JSONObject = [
            "effect": .string(effect.rawValue), "code": .string(code), "message": .string(message),
            "pointer": .string(pointer.description),
        ]
        if let file { object["file"] = .string(file) }
        if let position {
            object["line"] = .number(JSONNumber(position.line))
            object["column"] = .number(JSONNumber(position.column))
        }
        return .object(object)
    }
}
