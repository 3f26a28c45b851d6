import Drafts
import EgressPolicy
import Value

/// A parameter as the document has it, with its reference followed.
struct SourceParameter {
    let node: Node
    let name: String
    /// `path`, `query`, `header`, `cookie`; in 2.0 also `body` and `formData`.
    let location: String
    /// What stands beside a reference to it; else its own.
    let description: String?

    var location3: ParameterLocation? { ParameterLocation(rawValue: location) }
}

/// The parameters of an operation: its own, and its path's where it has none of the same name and place.
struct SourceParameters {
    private(set) var list: [SourceParameter] = []
    private let references: References
    private let log: FindingLog

    private struct Key: Hashable {
        let name: String
        let location: String
    }

    /// Twice as many as an endpoint can have: of its path and of its own each.
    private static let most = 500
    private static let locations = ["path", "query", "header", "cookie", "body", "formData", "querystring"]

    init(_ operation: SourceOperation, _ references: References, _ log: FindingLog) {
        self.references = references
        self.log = log
        var byKey: [Key: Int] = [:]
        for (index, owner) in [operation.item, operation.node].enumerated() {
            var own: Set<Key> = []
            let all = owner.child("parameters")
            if let all, (all.value.array?.count ?? all.value.object?.count ?? 0) > Self.most {
                log.add(
                    .change, "too_large", "There are more than \(Self.most) parameters; the rest was left out.",
                    at: all.place)
            }
            for node in all.map(Self.elements) ?? [] {
                guard let parameter = read(node) else { continue }
                let name = parameter.location == "header" ? parameter.name.lowercased() : parameter.name
                let key = Key(name: name, location: parameter.location)
                guard own.insert(key).inserted else {
                    log.add(
                        .change, "parameter_repeated",
                        "The parameter \(quoted(parameter.name)) stands twice; the first one counts.", at: node.place)
                    continue
                }
                if let place = byKey[key], index == 1 {
                    list[place] = parameter
                } else {
                    byKey[key] = list.count
                    list.append(parameter)
                }
            }
        }
    }

    /// A list; or an object of named parameters, as some write it.
    private static func elements(_ node: Node) -> [Node] {
        node.value.object == nil ? node.elements(atMost: most) : node.members(atMost: most).map(\.node)
    }

    private func read(_ node: Node) -> SourceParameter? {
        guard node.value.object != nil else {
            if !node.value.isNull {
                log.add(
                    .change, "parameter_invalid",
                    "A parameter is an object, not \(node.value.typeName); it was left out.", at: node.place)
            }
            return nil
        }
        let target: Node
        switch references.follow(node) {
        case .success(let found): target = found
        case .failure(let reason):
            log.add(
                .change, reason.code,
                "The reference \(quoted(node.text("$ref") ?? "")) \(reason.message); the parameter was left out.",
                at: node.place)
            return nil
        }
        guard let name = target.text("name") else {
            log.add(.change, "parameter_invalid", "The parameter has no name; it was left out.", at: node.place)
            return nil
        }
        let written = target.text("in") ?? ""
        guard let location = Self.locations.first(where: { $0.lowercased() == written.lowercased() }) else {
            log.add(
                .change, "parameter_invalid",
                "The parameter \(quoted(name)) stands in \(quoted(written)), which is no place; it was left out.",
                at: node.place)
            return nil
        }
        return SourceParameter(
            node: target, name: name, location: location,
            description: node.text("description") ?? target.text("description"))
    }
}
