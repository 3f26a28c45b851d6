import Drafts
import Value

/// One operation of a document.
struct SourceOperation {
    /// In capitals.
    let method: String
    let path: String
    /// The path item, with its reference followed.
    let item: Node
    let node: Node
    /// Why its description is not at hand, in words.
    var missing: (code: String, message: String)?

    /// Bounded, since any number of paths can have one and the same operation behind references.
    var id: String? { Texts.bounded(node.text("operationId"), 1024) }
    var tags: [String] {
        (node.value["tags"]?.array ?? []).prefix(100).compactMap { tag in
            Texts.bounded(tag.string ?? tag["name"]?.string, 256)
        }
    }
    var isDeprecated: Bool { node.flag("deprecated") ?? false }
}

/// Finds the operations of a document.
struct OperationList {
    private static let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"]
    private static let others: Set = [
        "parameters", "servers", "summary", "description", "$ref", "additionalOperations", "security", "tags",
        "consumes", "produces", "schemes", "responses", "operationId",
    ]

    /// Of one path.
    private static let mostMembers = 500

    private(set) var operations: [SourceOperation] = []
    private let references: References
    private let log: FindingLog

    init(_ root: Node, _ references: References, _ log: FindingLog, most: Int) {
        self.references = references
        self.log = log
        // Azure's paths that differ by their queries alone.
        let paths = [root.child("paths"), root.child("x-ms-paths")].compactMap { $0?.members() }
        for (path, item) in paths.joined() where !path.hasPrefix("x-") {
            read(path, item)
            guard operations.count <= most else {
                log.addShared(
                    .leftOut, "too_many_operations",
                    "There are more than \(most) operations; the rest is not looked at.", at: item.place)
                return
            }
        }
    }

    private mutating func read(_ path: String, _ item: Node) {
        guard item.value.object != nil else {
            if !item.value.isNull {
                log.addShared(
                    .leftOut, "path_invalid", "A path is an object, not \(item.value.typeName).", at: item.place)
            }
            return
        }
        var target = item
        switch references.follow(item) {
        case .success(let node): target = node
        case .failure(let reason):
            log.addShared(
                .leftOut, reason.code,
                "The reference \(quoted(item.text("$ref") ?? "")) \(reason.message); the path was left out.",
                at: item.place)
        }
        guard target.value.object != nil else { return }
        var found: Set<String> = []
        // What stands beside a reference belongs to the path too, and counts first.
        for node in target.place == item.place ? [item] : [item, target] {
            for (key, member) in node.members(atMost: Self.mostMembers) {
                let method = key.lowercased()
                guard Self.methods.contains(method) else {
                    tellUnknown(key, member)
                    continue
                }
                guard found.insert(method).inserted else { continue }
                add(path, method, target, member)
            }
            for (key, member) in node.child("additionalOperations")?.members(atMost: Self.mostMembers) ?? [] {
                add(path, key, target, member)
            }
        }
    }

    private mutating func add(_ path: String, _ method: String, _ item: Node, _ node: Node) {
        guard node.value.object != nil else {
            if !node.value.isNull {
                log.addShared(
                    .leftOut, "operation_invalid", "An operation is an object, not \(node.value.typeName).",
                    at: node.place)
            }
            return
        }
        var operation = SourceOperation(method: method.uppercased(), path: path, item: item, node: node)
        if let text = node.text("$ref"), node.value["responses"] == nil {
            switch references.follow(node) {
            case .success(let target) where target.value.object != nil:
                operation = SourceOperation(method: method.uppercased(), path: path, item: item, node: target)
            case .success:
                operation.missing = ("reference_not_found", "The reference \(quoted(text)) leads to no operation")
            case .failure(let reason):
                operation.missing = (reason.code, "The reference \(quoted(text)) \(reason.message)")
            }
        }
        operations.append(operation)
    }

    private func tellUnknown(_ key: String, _ node: Node) {
        guard !key.hasPrefix("x-"), !Self.others.contains(key), node.value["responses"] != nil else { return }
        log.addShared(.leftOut, "method_unknown", "There is no method \(quoted(key)).", at: node.place)
    }
}
