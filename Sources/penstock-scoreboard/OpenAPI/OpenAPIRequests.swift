#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import Drafts
import OpenAPI
import Registry
import Value

/// Imports every document of a folder and renders requests to its operations, for somebody else to read them back.
struct OpenAPIRequests {
    private let folder: String
    private let seed: UInt64
    /// Documents that other processes have: of `count`, this one has each whose number leaves `index`.
    private let share: (index: Int, count: Int)

    init(folder: String, seed: UInt64, share: (index: Int, count: Int)) {
        self.folder = folder
        self.seed = seed
        self.share = share
    }

    /// Prints one JSON object a line: for each document what it came to, and its requests.
    func run() {
        var documents = OpenAPIDocuments(folder: folder)
        // The largest first, so that processes end at about the same time.
        let all = documents.all().map { ($0, Files.size(folder + "/" + $0.root)) }
            .sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0.root < $1.0.root }.map(\.0)
        for (number, document) in all.enumerated() where number % share.count == share.index {
            let files = document.files.map { ImportFile(name: $0, bytes: documents.bytes($0) ?? []) }
            run(document, files)
        }
    }

    /// Prints one JSON object a line: each document, with the files that belong to it.
    func list() {
        var documents = OpenAPIDocuments(folder: folder)
        for document in documents.all() {
            print(
                (["document": .string(document.root), "files": .array(document.files.map(JSON.string))] as JSON).text())
        }
    }

    private func run(_ document: OpenAPIDocuments.Found, _ files: [ImportFile]) {
        let start = Self.time()
        var line: JSONObject = [
            "kind": "document", "document": .string(document.root), "files": .array(document.files.map(JSON.string)),
        ]
        let draft: Draft
        do throws(ImportError) {
            // A server may be relative to where the document was.
            let options = ImportOptions(sourceURL: "https://source.example/\(document.root)")
            draft = try OpenAPIImporter().draft(files: files, root: document.root, options: options)
        } catch {
            line["seconds"] = Self.seconds(since: start)
            line["error"] = .string(error.description)
            line["error_code"] = .string(error.code)
            print(JSON.object(line).text())
            return
        }
        line["seconds"] = Self.seconds(since: start)
        line["version"] = draft.version.map(JSON.string)
        line["operations"] = .number(JSONNumber(draft.operations.count))
        line["imported"] = .number(JSONNumber(draft.operations.count { $0.endpoint != nil }))
        line["with_changes"] = .number(JSONNumber(draft.operations.count { $0.outcome == .importedWithChanges }))
        var reasons: [String: Int] = [:]
        var leftOut: [JSON] = []
        for operation in draft.operations where operation.endpoint == nil {
            let finding = operation.findings.first { $0.effect == .leftOut } ?? operation.findings.first
            reasons[finding?.code ?? "no_reason", default: 0] += 1
            leftOut.append(.string("\(operation.method) \(operation.path): \(finding?.message ?? "")"))
        }
        line["left_out"] = .object(
            JSONObject(reasons.sorted { $0.key < $1.key }.map { ($0.key, .number(JSONNumber($0.value))) }))
        line["left_out_operations"] = .array(Array(leftOut.prefix(20)))
        guard draft.operations.contains(where: { $0.endpoint != nil }) else {
            print(JSON.object(line).text())
            return
        }
        var requests: RequestLines
        do throws(DefinitionError) {
            requests = RequestLines(document: document.root, seed: seed, api: try Self.compiled(draft))
        } catch {
            line["error"] = .string("the registry refuses the draft: \(error.faults.prefix(3).map(\.description))")
            line["error_code"] = "registry"
            print(JSON.object(line).text())
            return
        }
        print(JSON.object(line).text())
        let operations = draft.operations.filter { $0.endpoint != nil }
        for (operation, endpoint) in zip(operations, requests.api.endpoints) { requests.add(operation, endpoint) }
        print(
            (["kind": "end", "document": .string(document.root), "generating": Self.seconds(since: start)] as JSON)
                .text())
    }

    /// The draft as the registry has it once it is accepted.
    private static func compiled(_ draft: Draft) throws(DefinitionError) -> CompiledAPI {
        var definition = draft.definition
        definition["endpoints"] = .array(draft.operations.compactMap { $0.endpoint.map(JSON.object) })
        var base = definition["connection"]?["base_url"]?.string ?? "https://nowhere.example"
        // The owner sets a tunnel up, or writes https.
        if base.hasPrefix("http://") { base = "https://" + base.dropFirst(7) }
        definition["connection"] = ["base_url": .string(base)]
        definition["authentication"] = Draft.completed(authentication: definition["authentication"])
        return try CompiledAPI(
            stored: StoredAPI(
                id: "scoreboard", user: "scoreboard", slug: "scoreboard", definition: .object(definition), version: 1,
                created: 0, updated: 0))
    }

    private static func time() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    private static func seconds(since start: Int) -> JSON {
        .number(JSONNumber(Double(time() - start) / 1000))
    }
}
