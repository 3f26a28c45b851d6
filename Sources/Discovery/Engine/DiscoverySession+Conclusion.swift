import Drafts
import EgressPolicy
import Value

/// What is made of everything once nothing more is asked.
extension DiscoverySession {
    mutating func conclude(_ end: DiscoveryPlan.End) {
        for bundle in bundles.indices { importBundle(bundle) }
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
                "Nothing that describes the API was found. Give sample paths, or bring a document or a capture.",
                nil)
        }
    }

    private mutating func infer() {
        if let read = importers.commands, !commands.commands.isEmpty,
            let draft = read(commands.commands, base.description), !draft.operations.isEmpty
        {
            candidates.append(
                DiscoveryResult.Candidate(draft: draft, evidence: commands.evidence, confidence: .medium))
            if let place = commands.evidence.first { noteServer(draft, place) }
        }
        var draft = InferredDraft()
        samples.contribute(to: &draft)
        if let observed = options.observed {
            for call in observed.calls {
                let basis = "seen in \(call.count) call\(call.count == 1 ? "" : "s")"
                let endpoint = InferredEndpoint(method: call.method, shape: PathShape.of(call.template), basis: basis)
                draft.add(endpoint, [Evidence(path: call.template, place: .audit)], .medium)
            }
        }
        for mention in commands.mentions {
            let endpoint = InferredEndpoint(
                method: mention.method, shape: mention.shape, basis: "named on a page of documentation")
            draft.add(endpoint, commands.evidence, .low)
        }
        guard !draft.isEmpty else { return }
        candidates.append(draft.candidate(base))
        findings.add(
            "inferred",
            "No description was found. What answers, calls and pages show was put together; it may be wrong.",
            nil, .low)
    }
}
