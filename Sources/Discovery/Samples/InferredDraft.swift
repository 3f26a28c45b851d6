import Drafts
import EgressPolicy

/// Puts together what samples, calls and pages say of the same endpoint.
struct InferredDraft: Sendable {
    private struct Key: Hashable {
        var method: String
        var segments: [String]
    }

    private static let most = 2000
    private var endpoints: [InferredEndpoint] = []
    private var offsets: [Key: Int] = [:]
    private var evidence: [Evidence] = []
    private var confidence = Confidence.low

    var isEmpty: Bool { endpoints.isEmpty }

    /// - Parameter confidence: how sure the source is of what it says.
    mutating func add(_ endpoint: InferredEndpoint, _ places: [Evidence], _ confidence: Confidence) {
        for place in places where evidence.count < 20 && !evidence.contains(place) { evidence.append(place) }
        self.confidence = max(self.confidence, confidence)
        let segments = endpoint.shape.segments.map { segment in
            if case .literal(let text) = segment { text } else { "{}" }
        }
        let key = Key(method: endpoint.method, segments: segments)
        if let offset = offsets[key] {
            endpoints[offset].basis += ", " + endpoint.basis
            endpoints[offset].query += endpoint.query.filter { !endpoints[offset].query.contains($0) }
            return
        }
        guard endpoints.count < Self.most else { return }
        offsets[key] = endpoints.count
        endpoints.append(endpoint)
    }

    func candidate(_ base: BaseURL) -> DiscoveryResult.Candidate {
        let sorted = endpoints.sorted { ($0.shape.description, $0.method) < ($1.shape.description, $1.method) }
        let draft = InferredEndpoint.draft(
            sorted, base: base, "Inferred, not described by its owner. Experimental: look at every endpoint before use."
        )
        return DiscoveryResult.Candidate(draft: draft, evidence: evidence, confidence: confidence)
    }
}
