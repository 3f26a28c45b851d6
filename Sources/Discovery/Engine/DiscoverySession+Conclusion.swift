import Drafts
import EgressPolicy
import Value

/// What is made of everything once nothing more is asked.
extension DiscoverySession {
    mutating func conclude(_ end: DiscoveryPlan.End) {
        if !hasDescription { infer() }
        let left = plan.left
        let message: String? =
            switch end {
            case .finished, .askedToStop: nil
            case .requests: "The most requests were made."
            case .bytes: "The most bytes were read."
            case .deadline: "The time is up."
            case .unreachable: "Three requests in a row found no answer."
            case .cancelled: "It was cancelled."
            }
        if let message { findings.add(end.rawValue, "\(message) \(left) places were not asked.", nil) }
        if candidates.allSatisfy({ $0.endpoints == 0 }) {
            findings.add(
                "nothing_found",
                "Nothing that describes the API was found. Give sample paths, or bring an OpenAPI document or a capture.",
                nil)
        }
    }

    private mutating func infer() {
        if let read = importers.commands, !commands.commands.isEmpty,
            let draft = read(commands.commands, base.description), !draft.operations.isEmpty
        {
            candidates.append(
                DiscoveryResult.Candidate(draft: draft, evidence: commands.evidence, confidence: .medium))
        }
        if let candidate = samples.candidate() { candidates.append(candidate) }
        let mentioned = commands.mentions.map { mention in
            InferredEndpoint(method: mention.method, shape: mention.shape, basis: "named on a page of documentation")
        }
        guard !mentioned.isEmpty else { return }
        let draft = InferredEndpoint.draft(
            mentioned, base: base, "From pages of documentation. Experimental: look at every endpoint before use.")
        candidates.append(DiscoveryResult.Candidate(draft: draft, evidence: commands.evidence, confidence: .low))
    }
}
