import Registry
import Value

/// Stage: an answer's data against the endpoint's schema.
extension Pipeline {
    /// - Returns: what to warn of, where the API's validation is `warn`.
    /// - Throws: `SCHEMA_MISMATCH` with JSON Pointers and keywords, never values, where it is `strict`.
    static func validate(
        _ data: JudgedData, against endpoint: CompiledEndpoint, of api: CompiledAPI, status: Int
    ) throws(Failure) -> [Failure.Violation] {
        guard api.validation != .off, let schema = endpoint.responseSchema, status != 204, status != 205 else {
            return []
        }
        let violations: [Failure.Violation]
        if let json = data.json {
            violations = schema.mismatches(of: json).map {
                Failure.Violation(pointer: "\($0.pointer)", message: "\($0.keyword): \($0.message)")
            }
        } else {
            violations = [.init(pointer: "", message: "type: The answer is not JSON.")]
        }
        guard !violations.isEmpty, api.validation == .strict else { return violations }
        throw Failure(
            .schemaMismatch, stage: .validation, detail: "The API's answer does not match its schema.", sent: true,
            upstreamStatus: status, violations: violations)
    }
}
