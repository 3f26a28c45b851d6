import Drafts
import EgressPolicy
import Value

/// What answers taught: for each path their schema and the names of parameters. The answers themselves are not kept.
struct SampleCollector: Sendable {
    struct Entry: Sendable {
        var shape: PathShape
        var inference = SchemaInference()
        var query: [String] = []
        /// Addresses taken up for it.
        var asked = 0
        var isList = false
        var evidence: [Evidence] = []
    }

    private static let mostTemplates = 200
    /// Things of one kind that are looked at.
    private static let mostOfOne = 2

    private let base: BaseURL
    private(set) var entries: [String: Entry] = [:]

    init(_ base: BaseURL) { self.base = base }

    /// Whether another address of this template is worth a request; counts it if so.
    mutating func take(_ shape: PathShape) -> Bool {
        guard var entry = entry(shape), entry.asked < Self.mostOfOne else { return false }
        entry.asked += 1
        entries[shape.description] = entry
        return true
    }

    mutating func add(_ sample: JSON, _ shape: PathShape, _ evidence: Evidence) {
        guard var entry = entry(shape) else { return }
        entry.inference.add(sample)
        entry.isList = entry.isList || Self.isList(sample)
        if !entry.evidence.contains(evidence), entry.evidence.count < 4 { entry.evidence.append(evidence) }
        entries[shape.description] = entry
    }

    /// A place that was named and not asked, with the names in its query.
    mutating func declare(_ shape: PathShape, query: [String], _ evidence: Evidence?) {
        guard var entry = entry(shape) else { return }
        for name in query where !entry.query.contains(name) && entry.query.count < 32 { entry.query.append(name) }
        if let evidence, entry.evidence.isEmpty { entry.evidence = [evidence] }
        entries[shape.description] = entry
    }

    private func entry(_ shape: PathShape) -> Entry? {
        entries[shape.description] ?? (entries.count < Self.mostTemplates ? Entry(shape: shape) : nil)
    }

    /// Whether it is many of something, plain or in an envelope.
    private static func isList(_ sample: JSON) -> Bool {
        if sample.array != nil { return true }
        guard let object = sample.object else { return false }
        let lists = object.count { $0.value.array != nil }
        return lists == 1 && (object["data"] ?? object["items"] ?? object["results"])?.array != nil
            || object["_embedded"]?.object != nil
    }

    /// Adds what was learnt to a draft.
    func contribute(to draft: inout InferredDraft) {
        let learnt = entries.values.filter { $0.inference.count > 0 || !$0.evidence.isEmpty }
            .sorted { $0.shape.description < $1.shape.description }
        guard learnt.contains(where: { $0.inference.count > 0 || !$0.query.isEmpty }) else { return }
        for entry in learnt {
            let count = entry.inference.count
            var endpoint = InferredEndpoint(
                method: "GET", shape: entry.shape, query: entry.query, isList: entry.isList,
                basis: "named in an answer and not asked")
            if count > 0 {
                endpoint.response = entry.inference.schema
                endpoint.basis = "inferred from \(count) answer\(count == 1 ? "" : "s")"
            }
            draft.add(endpoint, entry.evidence, .low)
        }
    }
}
