import Drafts
import EgressPolicy
import Registry
import Value

/// Puts a draft together from a document's parts.
struct DraftAssembly {
    let root: Node
    let version: (text: String, family: SpecVersion)
    let references: References
    let log: FindingLog
    let options: ImportOptions
    let limits: ImportLimits

    private struct Made {
        var endpoint: OperationWriter.Endpoint?
        var findings: [Finding]
    }

    func draft() -> Draft {
        let list = OperationList(root, references, log, most: limits.operations)
        let operations = list.operations
        let servers = Servers(
            root, references, log, version.family, sourceURL: options.sourceURL, override: options.baseURL)
        let all = operations.filter(isWanted)
        let plan = ServerPlan(
            all, servers, override: options.baseURL, sourceURL: options.sourceURL, root: root, log)
        let main = BasePlan(all, plan)
        let wanted = operations.map { isWanted($0) && isAtServer($0, plan, main) }
        let chosen = zip(operations, wanted).filter(\.1).map(\.0)
        let base = options.server == nil ? main : BasePlan(chosen, plan, at: options.server)
        base.tell(root, log, hasTunnel: options.tunnel != nil)
        let tokens = TokenURLs(
            base: base.base.map { $0.url + "/" } ?? options.sourceURL, given: options.tokenURL,
            variables: servers.variables)
        let security = SecurityPlan(chosen, root, references, log, tokens, hasTunnel: options.tunnel != nil)
        let writer = SchemaWriter(references, log, version.family, mostSchemas: limits.schemas)
        let names = EndpointNames.assign(
            operations.map { EndpointNames.Wish($0.id, method: $0.method, path: $0.path) })
        let operationWriter = OperationWriter(
            writer: writer, references: references, log: log, version: version.family, root: root, base: base,
            security: security)
        var room = (endpoints: limits.endpoints, schemas: limits.schemas, text: limits.text)
        var made = operations.indices.map { index -> Made in
            guard wanted[index] else { return Made(endpoint: nil, findings: []) }
            guard room.endpoints > 0, room.schemas > 0 else {
                return Made(endpoint: nil, findings: [tooLarge(operations[index], isFull: room.endpoints <= 0)])
            }
            let (endpoint, findings) = log.gather(for: operations[index].node.place) {
                operationWriter.write(operations[index], named: names[index])
            }
            room.endpoints -= endpoint == nil ? 0 : 1
            room.schemas -= endpoint?.count ?? 0
            let text = endpoint.map { SchemaSize.bytes(.object($0.json), atMost: room.text) } ?? 0
            guard text <= room.text else {
                let reason = "the endpoints of a definition are at most \(limits.text >> 20) MiB of text"
                return Made(endpoint: nil, findings: findings + [tooLarge(operations[index], reason)])
            }
            room.text -= text
            return Made(endpoint: endpoint, findings: findings)
        }
        breakCycles(writer)
        keepWithinBounds(&made, operations, writer)
        security.tell()
        tellWebhooks()
        var definition = head(base, security, besides: main)
        let defs = check(&made, operations, definition, writer)
        if !defs.isEmpty { definition["$defs"] = .object(defs) }
        let results = operations.indices.map { index -> DraftOperation in
            var result = DraftOperation(
                method: operations[index].method, path: operations[index].path, operationID: operations[index].id,
                tags: operations[index].tags, isDeprecated: operations[index].isDeprecated,
                endpoint: made[index].endpoint?.json, findings: made[index].findings)
            result.isSelected = wanted[index]
            return result
        }
        if results.isEmpty {
            log.addShared(.note, "no_operations", "The document describes no operations.", at: root.place)
        }
        return Draft(
            source: .openapi, version: version.text, definition: definition, operations: results,
            findings: log.takeShared())
    }

    private func isWanted(_ operation: SourceOperation) -> Bool {
        options.selection.contains(
            method: operation.method, path: operation.path, id: operation.id, tags: operation.tags,
            isDeprecated: operation.isDeprecated)
    }

    // MARK: Servers

    /// The origins that wanted operations are at: that of the document's draft first, then in the document's order.
    func servers() -> [Origin] {
        let operations = OperationList(root, references, log, most: limits.operations).operations.filter(isWanted)
        let servers = Servers(
            root, references, log, version.family, sourceURL: options.sourceURL, override: options.baseURL)
        let plan = ServerPlan(
            operations, servers, override: options.baseURL, sourceURL: options.sourceURL, root: root, log)
        var found: [Origin] = []
        for operation in operations {
            if let origin = plan.origin(of: operation), !found.contains(origin) { found.append(origin) }
        }
        guard let main = BasePlan(operations, plan).base?.origin, let index = found.firstIndex(of: main) else {
            return found
        }
        found.remove(at: index)
        return [main] + found
    }

    /// Whether an operation belongs to the draft of the server that is asked for. One whose server nobody can tell is
    /// left out of the document's own, where its finding says so.
    private func isAtServer(_ operation: SourceOperation, _ plan: ServerPlan, _ main: BasePlan) -> Bool {
        guard let server = options.server else { return true }
        guard let origin = plan.origin(of: operation) else { return main.base?.origin == server }
        return origin == server
    }

    // MARK: The definition's head

    private func head(_ base: BasePlan, _ security: SecurityPlan, besides main: BasePlan) -> JSONObject {
        let info = root.child("info")
        var title = Texts.bounded((options.name ?? info?.text("title")).map(Texts.trimmed), 200)
        let host = base.base.map { "\($0.origin.host)" }
        if let host, let own = title, base.base?.origin != main.base?.origin { title = "\(own) (\(host))" }
        let name = title ?? host ?? "Imported API"
        var definition: JSONObject = ["name": .string(name)]
        if Slug.make(from: name) == nil {
            definition["slug"] = .string(host.flatMap(Slug.make) ?? "imported_api")
        }
        let text = Texts.joined(info?.text("summary"), info?.text("description"))
        if let text = Texts.bounded(text, 16 << 10) { definition["description"] = .string(text) }
        var connection = JSONObject()
        if let base = base.base { connection["base_url"] = .string(base.url) }
        definition["connection"] = .object(connection)
        if let tunnel = options.tunnel { definition["tunnel"] = Draft.tunnel(tunnel) }
        if let authentication = security.authentication() { definition["authentication"] = authentication }
        definition["security"] = ["validation": "warn", "argument_formats": "warn"]
        log.addShared(
            .note, "validation_warns",
            "Answers that differ from the document are passed on with a warning; write security.validation: strict once "
                + "they agree.", at: root.place)
        return definition
    }

    private func tellWebhooks() {
        for key in ["webhooks", "x-webhooks"] {
            guard let webhooks = root.child(key), let members = webhooks.value.object, !members.isEmpty else {
                continue
            }
            log.addShared(
                .note, "webhooks_ignored", "\(members.count) webhooks that the API would call are not received.",
                at: webhooks.place)
        }
    }

    // MARK: Bounds

    private func breakCycles(_ writer: SchemaWriter) {
        var cycles = SchemaCycles(writer)
        for name in cycles.breakAll() {
            log.addShared(
                .change, "schema_endless",
                "The schema \(quoted(name)) applies itself to the same value without end; that was left out.",
                at: writer.place(of: name) ?? root.place)
        }
    }

    /// Leaves out the endpoints beyond what a definition can hold, from the first that is.
    private func keepWithinBounds(_ made: inout [Made], _ operations: [SourceOperation], _ writer: SchemaWriter) {
        var endpoints = 0
        var schemas = 0
        var used: Set<String> = []
        for index in made.indices {
            guard let endpoint = made[index].endpoint else { continue }
            let added = reach(endpoint.uses, beyond: used, writer)
            let cost = endpoint.count + added.reduce(0) { $0 + (writer.shared[$1]?.count ?? 1) + 1 }
            if endpoints < limits.endpoints, schemas + cost <= limits.schemas {
                endpoints += 1
                schemas += cost
                used.formUnion(added)
                continue
            }
            made[index].endpoint = nil
            made[index].findings.append(tooLarge(operations[index], isFull: endpoints >= limits.endpoints))
        }
    }

    private func tooLarge(_ operation: SourceOperation, isFull: Bool) -> Finding {
        tooLarge(
            operation,
            isFull
                ? "a definition has at most \(limits.endpoints) endpoints"
                : "the schemas of a definition are at most \(limits.schemas)")
    }

    private func tooLarge(_ operation: SourceOperation, _ reason: String) -> Finding {
        log.finding(
            .leftOut, "too_large", "It does not fit in: \(reason). Select the operations you need.",
            operation.node.place)
    }

    private func reach(_ names: Set<String>, beyond known: Set<String>, _ writer: SchemaWriter) -> Set<String> {
        var found = names.subtracting(known)
        var rest = Array(found)
        while let name = rest.popLast() {
            for next in writer.shared[name]?.uses ?? [] where !known.contains(next) && found.insert(next).inserted {
                rest.append(next)
            }
        }
        return found
    }

    // MARK: The registry's word

    private func check(
        _ made: inout [Made], _ operations: [SourceOperation], _ definition: JSONObject, _ writer: SchemaWriter
    ) -> JSONObject {
        let places = made.indices.filter { made[$0].endpoint != nil }
        let endpoints = places.compactMap { made[$0].endpoint.map { JSON.object($0.json) } }
        let uses = places.reduce(into: Set<String>()) { $0.formUnion(made[$1].endpoint?.uses ?? []) }
        let defs = reach(uses, beyond: [], writer)
        let check = RegistryCheck(
            definition, endpoints,
            usesDefs: Dictionary(uniqueKeysWithValues: defs.map { ($0, writer.shared[$0]?.json ?? true) }))
        for (index, kept) in check.examples {
            let place = places[index]
            made[place].endpoint?.json["examples"] = kept.isEmpty ? Optional<JSON>.none : .array(kept)
            made[place].findings.append(
                log.finding(
                    .note, "example_dropped", "An example that the schemas refuse was left out.",
                    operations[place].node.place))
        }
        for index in check.impossible {
            let place = places[index]
            made[place].findings.append(
                log.finding(
                    .note, "arguments_not_found",
                    "No arguments were found that the operation's schemas accept; it can probably not be called as the "
                        + "document describes it.", operations[place].node.place))
        }
        for (index, message) in check.refused {
            let place = places[index]
            made[place].endpoint = nil
            made[place].findings.append(
                log.finding(.leftOut, "refused", "The registry refuses it: \(message)", operations[place].node.place))
        }
        for (name, message) in check.givenUp.sorted(by: { $0.key < $1.key }) {
            writer.replace(name, with: true)
            log.addShared(
                .change, "schema_given_up", "The schema \(quoted(name)) cannot be used, any value is taken: \(message)",
                at: writer.place(of: name) ?? root.place)
        }
        for message in check.others {
            log.addShared(.change, "definition_incomplete", message, at: root.place)
        }
        let kept = places.reduce(into: Set<String>()) { $0.formUnion(made[$1].endpoint?.uses ?? []) }
        return JSONObject(
            reach(kept, beyond: [], writer).sorted().map { ($0, writer.shared[$0]?.json ?? true) })
    }
}
