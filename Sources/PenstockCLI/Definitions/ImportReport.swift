import Value

/// What an import made of a description, for eyes.
struct ImportReport {
    let answer: JSON

    /// `OpenAPI 3.0.3: 34 of 36 operations, 3 of them with changes; about 5200 tokens for an agent's model.`
    var headline: String {
        let totals = answer["totals"]
        func count(_ name: String) -> Int { totals?[name]?.int.map { Int($0) } ?? 0 }
        let changed = count("imported_with_changes")
        var text = "\(source): \(count("imported") + changed) of \(count("operations")) operations"
        if changed > 0 { text += ", \(changed) of them with changes" }
        if count("not_selected") > 0 { text += ", \(count("not_selected")) not asked for" }
        if count("left_out") > 0 { text += ", \(count("left_out")) left out" }
        if let tokens = totals?["tokens"]?.int { text += "; about \(tokens) tokens for an agent's model" }
        return text + "."
    }

    private var source: String {
        let names = [
            "openapi": "OpenAPI", "postman": "Postman collection", "har": "HAR file", "curl": "curl",
            "graphql": "GraphQL", "observed": "Observed calls",
        ]
        let kind = answer["source"]?["kind"]?.string ?? ""
        return [names[kind] ?? kind, answer["source"]?["version"]?.string].compactMap(\.self).joined(separator: " ")
    }

    /// Whether any operation became an endpoint.
    var hasEndpoints: Bool { answer["definition"]?["endpoints"]?.array?.isEmpty == false }

    static let columns = [
        Column("Endpoint", "name"), Column("Method"), Column("Path"), Column("Tokens"), Column("Outcome"),
    ]

    /// The operations that were asked for, for a table.
    var operations: [JSON] {
        (answer["operations"]?.array ?? []).filter { $0["outcome"]?.string != "not_selected" }.map { operation in
            guard let outcome = operation["outcome"]?.string, var row = operation.object else { return operation }
            row["outcome"] = .string(String(outcome.map { $0 == "_" ? " " : $0 }))
            return .object(row)
        }
    }

    /// What was changed or left out, and where; with the notes where `all`.
    ///
    /// - Parameter name: what the only file is called here.
    func findings(all: Bool, name: String?) -> [String] {
        var lines: [String] = []
        for finding in answer["findings"]?.array ?? [] { add(finding, to: &lines, "", all, name) }
        for operation in answer["operations"]?.array ?? [] {
            let what = "\(operation["method"]?.string ?? "") \(operation["path"]?.string ?? ""): "
            for finding in operation["findings"]?.array ?? [] { add(finding, to: &lines, what, all, name) }
        }
        return lines
    }

    private func add(_ finding: JSON, to lines: inout [String], _ what: String, _ all: Bool, _ name: String?) {
        let effect = finding["effect"]?.string ?? ""
        guard all || effect != "note" else { return }
        var place = [finding["file"]?.string ?? name].compactMap(\.self)
        if let line = finding["line"]?.int { place += ["\(line)", "\(finding["column"]?.int ?? 1)"] }
        if place.isEmpty, let pointer = finding["pointer"]?.string, !pointer.isEmpty { place = [pointer] }
        let front = place.isEmpty ? "" : place.joined(separator: ":") + ": "
        let kind = ["change": "changed: ", "left_out": "left out: "][effect] ?? ""
        lines.append((front + what + kind + (finding["message"]?.string ?? "")).printable)
    }
}
