import Drafts
import Value

extension DiscoveryResult {
    private static let atOnce = 40
    private static let mostQuestions = 200

    /// Asks the hook for names and descriptions of what was inferred. Where it fails, the drafts stay as they are, and
    /// a finding says so.
    package mutating func name(with hook: some NamingHook) async {
        for index in candidates.indices where candidates[index].draft.source == .observed {
            var draft = candidates[index].draft
            let named = draft.operations.indices.filter { draft.operations[$0].endpoint != nil }.prefix(
                Self.mostQuestions)
            var changed = 0
            for start in stride(from: 0, to: named.count, by: Self.atOnce) {
                let group = Array(named[(named.startIndex + start)...].prefix(Self.atOnce))
                let questions = group.enumerated().map { NamingQuestion(draft.operations[$1], id: $0) }
                do throws(NamingError) {
                    for suggestion in try await hook.suggest(questions).prefix(Self.atOnce)
                    where group.indices.contains(suggestion.id) {
                        changed += draft.take(suggestion, for: group[suggestion.id]) ? 1 : 0
                    }
                } catch {
                    let reason = ASCIIText.shown(error.message, bytes: 200)
                    findings.append(
                        DiscoveryFinding("naming_failed", "The endpoints keep the names they have. \(reason)"))
                    return
                }
            }
            candidates[index].draft = draft
            findings.append(
                DiscoveryFinding(
                    "naming_applied", "A model proposed names or descriptions for \(changed) endpoints.",
                    candidates[index].evidence.prefix(1).map { $0 }, .low))
        }
    }
}

extension Draft {
    private static let mostDescription = 300

    /// - Returns: whether something of it was good.
    fileprivate mutating func take(_ suggestion: NamingSuggestion, for index: Int) -> Bool {
        guard var endpoint = operations[index].endpoint else { return false }
        var isChanged = false
        if let name = suggestion.name, isFree(name), name.utf8.contains(where: ASCIIText.isLetter) {
            endpoint["name"] = .string(name)
            isChanged = true
        }
        let description = ASCIIText.shown(suggestion.description ?? "", bytes: Self.mostDescription)
        if !description.isEmpty {
            endpoint["description"] = .string(description)
            isChanged = true
        }
        guard isChanged else { return false }
        operations[index].endpoint = endpoint
        operations[index].findings.append(
            Finding(.note, "named_by_model", "A model proposed the name or the description."))
        return true
    }

    /// By the rule for endpoints' names, and nobody else's.
    private func isFree(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { ASCIIText.isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
            && !operations.contains { $0.endpoint?["name"]?.string == name }
    }
}

extension NamingQuestion {
    private static let mostProperties = 40

    fileprivate init(_ operation: DraftOperation, id: Int) {
        let endpoint = operation.endpoint ?? [:]
        var properties: [String] = []
        for key in ["request_body", "response_schema"] { Self.collect(endpoint[key], depth: 0, into: &properties) }
        self.init(
            id: id, method: operation.method, path: endpoint["path"]?.string ?? operation.path,
            name: endpoint["name"]?.string ?? "", properties: properties)
    }

    private static func collect(_ schema: JSON?, depth: Int, into names: inout [String]) {
        guard let schema, depth < 4 else { return }
        for (name, inner) in schema["properties"]?.object ?? [:] {
            guard names.count < mostProperties else { return }
            let isName = name.utf8.count <= 64 && IdentifierKind(name) == nil
            if isName, !names.contains(name) { names.append(ASCIIText.shown(name, bytes: 64)) }
            collect(inner, depth: depth + 1, into: &names)
        }
        collect(schema["items"], depth: depth + 1, into: &names)
    }
}
