import Drafts
import Value

/// Finds what an operation answers when it succeeds.
struct ResponseReader {
    let writer: SchemaWriter
    let references: References
    let log: FindingLog
    let root: Node
    let version: SpecVersion

    /// The schema of a successful answer; nil where none is described as JSON.
    func read(_ operation: SourceOperation) -> SchemaWriter.Written? {
        guard let responses = operation.node.child("responses") else { return nil }
        let successes = responses.members(atMost: 200).compactMap { key, node in
            Self.order(key).map { (order: $0, key, node) }
        }
        .sorted { $0.order < $1.order }
        guard let first = successes.first, operation.method != "HEAD" else { return nil }
        var chosen: SchemaWriter.Written?
        var others: [String] = []
        for (order, key, node) in successes where order < 1000 || (chosen == nil && order == first.order) {
            guard let schema = schema(of: node, operation) else { continue }
            if chosen == nil {
                chosen = writer.write(schema)
            } else if writer.write(schema).json != chosen?.json {
                others.append(key)
            }
        }
        writer.finish()
        if !others.isEmpty {
            log.add(
                .note, "other_responses",
                "Answers are compared with the first success described; \(others.joined(separator: ", ")) differ.",
                at: responses.place)
        }
        return chosen
    }

    /// What `Accept` has to say so that the API answers as it is described; nil where that is JSON, or nothing.
    func accept(_ operation: SourceOperation) -> String? {
        let responses = operation.node.child("responses")?.members(atMost: 200) ?? []
        let successes = responses.filter { Self.order($0.key).map { $0 < 1000 } ?? false }
        var types: [String] = []
        if version == .v2 {
            let produces = (operation.node.child("produces") ?? root.child("produces"))?.value.array ?? []
            types = produces.compactMap(\.string)
        } else {
            for (_, node) in successes {
                guard case .success(let response) = references.follow(node) else { continue }
                types += (response.child("content")?.members(atMost: 100) ?? []).map(\.key)
            }
        }
        types = types.map(Texts.trimmed).filter(MediaTypes.isAcceptable)
        let isUsual = types.contains {
            MediaTypes.isWildcard($0) || MediaTypes.essence($0) == "application/json"
        }
        guard !types.isEmpty, !isUsual else { return nil }
        var known: Set<String> = []
        let distinct = types.filter { known.insert($0.lowercased()).inserted }
        // JSON of whatever kind first: it is what the relay can read.
        let ordered = distinct.filter(MediaTypes.isJSON) + distinct.filter { !MediaTypes.isJSON($0) }
        return ordered.prefix(4).joined(separator: ", ") + ", */*;q=0.5"
    }

    /// The lowest status first, then `2XX`, then `default`; nil for what is no success.
    private static func order(_ key: String) -> Int? {
        let upper = key.uppercased()
        if let status = Int(upper), (200..<300).contains(status) { return status }
        if upper == "2XX" { return 300 }
        return upper == "DEFAULT" ? 1000 : nil
    }

    private func schema(of node: Node, _ operation: SourceOperation) -> Node? {
        let response: Node
        switch references.follow(node) {
        case .success(let target): response = target
        case .failure(let reason):
            log.add(
                .change, reason.code,
                "The reference \(quoted(node.text("$ref") ?? "")) \(reason.message); any answer is taken.",
                at: node.place)
            return nil
        }
        if let headers = response.child("headers") {
            log.addOnce(
                .note, "response_headers_ignored",
                "Headers of answers, here and elsewhere, are passed on where they are harmless, and are not compared.",
                at: headers.place)
        }
        if let links = response.child("links") {
            log.addOnce(
                .note, "links_ignored", "Links between operations, here and elsewhere, are not followed.",
                at: links.place)
        }
        if version == .v2 || response.value["schema"] != nil, let schema = response.child("schema") {
            let produces = (operation.node.child("produces") ?? root.child("produces"))?.value.array ?? []
            let types = produces.compactMap(\.string)
            guard types.isEmpty || types.contains(where: { MediaTypes.isJSON($0) || MediaTypes.isWildcard($0) }),
                schema.value["type"]?.string?.lowercased() != "file"
            else { return nil }
            return schema
        }
        let choices = (response.child("content")?.members(atMost: 100) ?? []).filter {
            MediaTypes.isJSON($0.key) || MediaTypes.isWildcard($0.key)
        }
        let best = choices.min { MediaTypes.rank($0.key) < MediaTypes.rank($1.key) }
        guard let schema = best?.node.child("schema") else { return nil }
        let isBinary = schema.value["type"] == "string" && schema.value["format"] == "binary"
        return isBinary ? nil : schema
    }
}
