import NIOHTTP1
import Testing
import Value

/// Checks that an answer is this problem, whole (RFC 9457), and tells the agent nothing of where the API is.
func expectProblem(
    _ answer: Answer, _ code: String, _ status: Int, stage: String? = nil, upstream: Int? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(answer.code == code, "\(answer)", sourceLocation: sourceLocation)
    #expect(answer.status == status, "\(answer)", sourceLocation: sourceLocation)
    #expect(answer.json["status"]?.int == status, sourceLocation: sourceLocation)
    if let stage { #expect(answer.stage == stage, "\(answer)", sourceLocation: sourceLocation) }
    #expect(answer.json["upstream_status"]?.int == upstream, "\(answer)", sourceLocation: sourceLocation)
    #expect(answer.headers.first(name: "content-type") == "application/problem+json", sourceLocation: sourceLocation)
    let type = "https://penstock.dev/errors/" + code.lowercased().replacing("_", with: "-")
    #expect(answer.json["type"]?.string == type, sourceLocation: sourceLocation)
    for member in ["title", "detail", "resolution", "request_id"] {
        #expect(answer.json[member]?.string?.isEmpty == false, "\(member)", sourceLocation: sourceLocation)
    }
    for member in ["retryable", "sent"] {
        #expect(answer.json[member]?.bool != nil, "\(member)", sourceLocation: sourceLocation)
    }
    let detail = answer.json["detail"]?.string ?? ""
    for part in ["://", "127.0.0.1", "localhost", "Bearer"] {
        #expect(!detail.contains(part), "\(detail)", sourceLocation: sourceLocation)
    }
}

/// The JSON Pointers of an answer's violations.
func pointers(_ answer: Answer) -> [String] {
    (answer.json["violations"]?.array ?? []).compactMap { $0["pointer"]?.string }
}
