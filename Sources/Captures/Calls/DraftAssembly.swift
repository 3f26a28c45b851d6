import Drafts
import EgressPolicy
import Value

/// Puts a draft together from what a capture held.
struct DraftAssembly {
    let source: Draft.Source
    var version: String?
    var name: String?
    var description: String?
    /// The URL that all paths stand below; nil where no call tells one.
    var base: BaseURL?
    var operations: [PlannedOperation] = []
    var findings: [Finding] = []
    var scrub = SecretScrub()
    var credentials = CredentialTally()

    static let mostOperations = 2000

    init(_ source: Draft.Source) {
        self.source = source
    }

    mutating func draft() -> Draft {
        for index in operations.indices { operations[index].shape?.hide(scrub) }
        let result = credentials.result()
        let names = assignedNames()
        let twins = twins()
        var endpoints = 0
        let operations = self.operations.indices.map { index -> DraftOperation in
            let (planned, name) = (self.operations[index], names[index])
            var operation = DraftOperation(
                method: planned.method, path: scrub.clean(planned.path, limit: 1024),
                operationID: planned.name.map { scrub.clean($0, limit: 200) },
                tags: planned.tags.map { scrub.clean($0, limit: 100) }, isDeprecated: planned.isDeprecated,
                findings: planned.findings, pointer: planned.pointer)
            guard let shape = planned.shape else { return operation }
            endpoints += 1
            guard endpoints <= Self.mostOperations else {
                operation.findings.append(
                    Finding(
                        .leftOut, "too_many_operations", "An API has at most \(Self.mostOperations) endpoints.",
                        at: planned.pointer, position: planned.position))
                return operation
            }
            var (endpoint, findings) = shape.endpoint(
                name: name, description: planned.description, credential: result.names, besides: twins[index],
                scrub: scrub, at: planned.pointer, position: planned.position)
            if planned.isPublic, result.authentication != nil { endpoint["security"] = [] }
            operation.endpoint = endpoint
            operation.findings += findings
            return operation
        }
        return Draft(
            source: source, version: version, definition: definition(result.authentication), operations: operations,
            findings: allFindings(result.findings, result.authentication))
    }

    private func assignedNames() -> [String] {
        EndpointNames.assign(
            operations.map { planned in
                let path = planned.shape?.path.template().text ?? planned.path
                // Method and path are not all of it.
                let own = planned.shape?.identity.label.map { "\(planned.method.lowercased())_\(path)_\($0)" }
                return EndpointNames.Wish(
                    (planned.name ?? own).map { scrub.clean($0, limit: 200) }, method: planned.method, path: path)
            })
    }

    private static let mostTwins = 20

    /// For each operation that its author named, a few of the others of the same method and path.
    private func twins() -> [[EndpointConstants]] {
        var byPath: [String: [Int]] = [:]
        for (index, planned) in operations.enumerated() where planned.name != nil {
            guard let shape = planned.shape else { continue }
            byPath["\(planned.method) \(shape.path.template().text)", default: []].append(index)
        }
        var twins: [[EndpointConstants]] = Array(repeating: [], count: operations.count)
        for indices in byPath.values where indices.count > 1 {
            let few = indices.prefix(Self.mostTwins + 1).map { ($0, operations[$0].shape?.constants) }
            for index in indices {
                twins[index] = few.filter { $0.0 != index }.prefix(Self.mostTwins).compactMap(\.1)
            }
        }
        return twins
    }

    private func definition(_ authentication: JSON?) -> JSONObject {
        let host = base?.origin.host.description ?? ""
        let own = name.map { scrub.clean($0, limit: 200) } ?? ""
        var definition = JSONObject()
        definition["name"] = .string(own.isEmpty ? (host.isEmpty ? "Imported API" : "API at \(host)") : own)
        if !own.isEmpty, !own.lowercased().utf8.contains(where: { (0x61...0x7A).contains($0) }) {
            definition["slug"] = .string(Self.slug(host))
        }
        if let description, !description.isEmpty { definition["description"] = .string(scrub.clean(description)) }
        if let base { definition["connection"] = ["base_url": .string(base.description)] }
        definition["authentication"] = authentication
        // What was inferred from a few answers is a guess; a call should not fail for it.
        definition["security"] = ["validation": "warn", "argument_formats": "warn"]
        return definition
    }

    /// For an API whose name has no letter that a slug could begin with.
    private static func slug(_ host: String) -> String {
        let bytes = host.utf8.map { byte -> UInt8 in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) ? byte : UInt8(ascii: "_")
        }
        return "api_" + String(decoding: bytes.prefix(50), as: UTF8.self)
    }

    private func allFindings(_ credentials: [Finding], _ authentication: JSON?) -> [Finding] {
        var all = findings + credentials
        let schemes = authentication?["of"]?.array ?? [authentication].compactMap(\.self)
        let tokens = schemes.compactMap { $0["config"]?["token_url"]?.string }.compactMap { CallURL($0)?.origin }
        let inside = ([base?.origin].compactMap(\.self) + tokens).first { !$0.looksPublic }
        if let inside {
            all.append(
                Finding(
                    .note, "tunnel_needed",
                    "The relay reaches \(inside) only through a tunnel: import it with the name of yours (--tunnel, "
                        + "tunnel), or give another URL over https."
                ))
        }
        if operations.contains(where: { $0.shape != nil }) {
            all.append(
                Finding(
                    .note, "inferred",
                    "Types come from the calls in this file. Answers that differ are a warning: see \"validation\" "
                        + "under \"security\"."
                ))
        } else {
            all.append(Finding(.note, "nothing_imported", "There is no call here that an endpoint could be made of."))
        }
        return all
    }
}
