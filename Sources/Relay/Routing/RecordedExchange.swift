import Audit
import Failure
import Pipeline
import Registry

/// A request that the relay makes for a user and that is no call of an endpoint, recorded as calls are: what the connector
/// writes down of it has its counterpart here.
struct RecordedExchange {
    let audit: AuditWriter
    let context: CallContext

    /// - Parameters:
    ///   - body: makes the request, and notes in the record what comes back.
    ///   - broken: what it amounts to where the answer cannot be read whole.
    func run<Result: Sendable>(
        _ method: String, else broken: CallFailure, _ body: (inout AuditRecord) async throws -> Result
    ) async throws(CallFailure) -> Result {
        var record = AuditRecord(
            kind: .call, time: WallClock.microseconds(), requestID: RequestID.generate().description,
            parent: context.requestID, user: context.token.user, token: context.token.id, outcome: "OK",
            method: method)
        let outcome: Swift.Result<Result, CallFailure>
        do {
            outcome = .success(try await body(&record))
        } catch {
            let failure = error as? CallFailure ?? broken
            record.outcome = failure.code.rawValue
            record.stage = failure.stage?.rawValue
            record.route = failure.route ?? record.route
            outcome = .failure(failure)
        }
        do {
            try await audit.append(record)
        } catch {
            throw CallFailure(
                .overloaded, stage: .relay, detail: "The request could not be recorded, so its answer is withheld.",
                retryAfter: 5)
        }
        return try outcome.get()
    }
}
