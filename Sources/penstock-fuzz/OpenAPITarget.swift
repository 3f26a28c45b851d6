import Drafts
import JSONSchema
import OpenAPI
import Registry
import Value

/// Mutated OpenAPI documents: importing ends, whatever they are, and the registry accepts every draft.
struct OpenAPITarget: FuzzTarget {
    private let seeds: [JSON]
    private let mutation: JSONMutation

    init(corpus: String?) {
        var seeds = OpenAPISeeds.all
        for path in corpus.map({ Files.all(in: $0, endings: [".json"]) }) ?? [] {
            guard let bytes = Files.bytes(path), bytes.count < 40_000,
                let document = try? JSON.parse(bytes, limits: JSONLimits(depth: 512))
            else { continue }
            seeds.append(document)
        }
        self.seeds = seeds
        let parts = seeds.flatMap { $0.parts(most: 300) }.filter { $0.text().utf8.count < 1500 }
        mutation = JSONMutation(
            parts: parts, names: OpenAPISeeds.names, texts: OpenAPISeeds.texts,
            member: { OpenAPISeeds.member(&$0, parts) })
    }

    func input(seed: UInt64, index: Int) -> [UInt8] {
        var random = SplitMix64(seed: seed &* 0x9E37_79B9 &+ UInt64(index))
        let document = mutation.mutated(random.pick(seeds) ?? [:], times: 1 + random.below(8), &random)
        var files: JSONObject = ["openapi.json": .string(document.text())]
        if random.oneIn(4) {
            let other = random.pick(mutation.parts) ?? [:]
            files["other.yaml"] = .string(mutation.mutated(other, times: 1, &random).text())
        }
        if random.oneIn(10), var bytes = files["openapi.json"]?.string.map({ Array($0.utf8) }), !bytes.isEmpty {
            for _ in 0..<1 + random.below(3) { bytes[random.below(bytes.count)] = UInt8(random.below(128)) }
            files["openapi.json"] = .string(String(decoding: bytes, as: UTF8.self))
        }
        return JSON.object(files).bytes()
    }

    func fault(of input: [UInt8]) -> String? {
        guard let members = (try? JSON.parse(input))?.object else { return nil }
        let files = members.compactMap { name, text in
            text.string.map { ImportFile(name: name, bytes: Array($0.utf8)) }
        }
        let options = ImportOptions(sourceURL: "https://source.example/openapi.json")
        let draft: Draft
        let again: Draft
        do throws(ImportError) {
            draft = try OpenAPIImporter().draft(files: files, root: "openapi.json", options: options)
            again = try OpenAPIImporter().draft(files: files, root: "openapi.json", options: options)
        } catch {
            return error.message.isEmpty ? "fails without a word" : nil
        }
        if draft.definition != again.definition || draft.findings != again.findings {
            return "two drafts of one document"
        }
        for (one, other) in zip(draft.operations, again.operations)
        where one.endpoint != other.endpoint || one.findings != other.findings {
            return "two readings of \(one.method) \(one.path)"
        }
        for finding in draft.findings + draft.operations.flatMap(\.findings) where finding.position == nil {
            return "a finding stands nowhere: \(finding)"
        }
        for operation in draft.operations where operation.endpoint == nil && operation.findings.isEmpty {
            return "\(operation.method) \(operation.path) is left out without a word"
        }
        return refusal(draft)
    }

    /// What the registry says against the draft.
    private func refusal(_ draft: Draft) -> String? {
        let endpoints = draft.operations.compactMap { $0.endpoint.map(JSON.object) }
        guard !endpoints.isEmpty else { return nil }
        var definition = draft.definition
        definition["endpoints"] = .array(endpoints)
        var base = definition["connection"]?["base_url"]?.string ?? "https://nowhere.example"
        if base.hasPrefix("http://") { base = "https://" + base.dropFirst(7) }
        definition["connection"] = ["base_url": .string(base)]
        definition["authentication"] = Draft.completed(authentication: definition["authentication"])
        do throws(DefinitionError) {
            let api = try CompiledAPI(
                stored: StoredAPI(
                    id: "fuzz", user: "fuzz", slug: "fuzz", definition: .object(definition), version: 1, created: 0,
                    updated: 0))
            for endpoint in api.endpoints {
                var samples = SampleGenerator(
                    endpoint.selfContainedArguments, seed: 1, wishes: SampleWishes(direction: .request, nodes: 200)
                ) { endpoint.argumentSchema.mismatches(of: $0, limit: 4).map(\.pointer) }
                _ = samples.next()
            }
            return nil
        } catch {
            return "the registry refuses: \(error.faults.prefix(3).map(\.description))"
        }
    }
}
