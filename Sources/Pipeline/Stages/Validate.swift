import Drift
import Failure
import Registry
import Value

/// Stage: an answer's data against the endpoint's schema.
extension Pipeline {
    /// - Returns: what to warn of, where the API's validation is `warn`.
    /// - Throws: `SCHEMA_MISMATCH` with JSON Pointers and keywords, never values, where it is `strict`.
    func validate(
        _ data: JudgedData, against endpoint: CompiledEndpoint, of api: CompiledAPI, status: Int,
        _ context: CallContext
    ) throws(CallFailure) -> [CallFailure.Violation] {
        guard api.validation != .off, let schema = endpoint.responseSchema, status != 204, status != 205 else {
            return []
        }
        let violations: [CallFailure.Violation]
        if let json = data.json {
            let mismatches = schema.mismatches(of: json)
            // A page of text where JSON was to be is no news of the schema.
            if !mismatches.isEmpty, data.isParsed, !context.isDraft {
                drift?.record(
                    DriftReport(
                        api: api, endpoint: endpoint, mismatches: mismatches, answer: json, bytes: data.bytes.count,
                        time: clock.wall()))
            }
            violations = mismatches.map {
                CallFailure.Violation(pointer: "\($0.pointer)", message: "\($0.keyword): \($0.message)")
            }
        } else {
            violations = [.init(pointer: "", message: "type: The answer is not JSON.")]
        }
        guard !violations.isEmpty, api.validation == .strict else { return violations }
        throw CallFailure(
            .schemaMismatch, stage: .validation, detail: "The API's answer does not match its schema.", sent: true,
            upstreamStatus: status, violations: violations)
    }
}
