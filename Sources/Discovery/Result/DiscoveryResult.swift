package import Drafts
package import Value

/// What a discovery found. Experimental: a person looks at it and accepts what is right.
package struct DiscoveryResult: Sendable {
    /// A draft, and what it rests on.
    package struct Candidate: Sendable {
        package var draft: Draft
        package var evidence: [Evidence]
        package var confidence: Confidence

        /// Endpoints that the draft brings.
        package var endpoints: Int { draft.operations.count { $0.endpoint != nil } }
    }

    /// One request that was made.
    package struct Request: Sendable, Hashable {
        package var method: String
        /// As ``Evidence/path`` has it.
        package var path: String
        package var status: Int?
        package var bytes: Int
        /// Why there was no answer.
        package var error: String?
        /// What it was for, such as `well_known`.
        package var purpose: String

        package var json: JSON {
            var object: JSONObject = ["method": .string(method), "path": .string(path), "purpose": .string(purpose)]
            if let status { object["status"] = .number(JSONNumber(status)) }
            object["bytes"] = .number(JSONNumber(bytes))
            if let error { object["error"] = .string(error) }
            return .object(object)
        }
    }

    /// The best first.
    package var candidates: [Candidate]
    /// Every request, in order.
    package var requests: [Request]
    package var findings: [DiscoveryFinding]

    package init(candidates: [Candidate], requests: [Request], findings: [DiscoveryFinding]) {
        self.candidates = candidates
        self.requests = requests
        self.findings = findings
    }

    /// What `POST /v1/apis:discover` answers.
    ///
    /// - Parameter shown: a draft as it is shown.
    package func json(_ shown: (Draft) -> JSON = { $0.json() }) -> JSON {
        let drafts = candidates.map { candidate -> JSON in
            [
                "evidence": .array(candidate.evidence.map(\.json)),
                "confidence": .string(candidate.confidence.rawValue), "draft": shown(candidate.draft),
            ]
        }
        return [
            "experimental": true, "drafts": .array(drafts), "requests": .array(requests.map(\.json)),
            "findings": .array(findings.map(\.json)),
        ]
    }
}
