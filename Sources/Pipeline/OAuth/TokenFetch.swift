import Audit
import Failure
import Limits
import NIOCore
import NIOHTTP1
import Redaction
import Registry
import Vault

/// Asking a token endpoint.
extension Pipeline {
    /// Fetches an access token, on the plan's own way.
    ///
    /// - Throws: `AUTHENTICATION_FAILED` where the endpoint refused; what the way there failed with, otherwise. The call itself
    ///   has not been sent then.
    func fetchToken(
        _ plan: OAuth2Plan, of api: CompiledAPI, deadline: NIODeadline, _ context: CallContext
    ) async throws -> AccessTokens.Fetched {
        try checkCurrent(api, context)
        // A grant that replaces its own token would take the saved API's from it.
        if context.isDraft, case .refreshToken(let credential) = plan.grant,
            context.draftSecrets?[credential.reference] == nil
        {
            throw CallFailure(
                .credentialMissing, stage: .relay, detail: "To try this, give a refresh token of its own.")
        }
        let request = try TokenRequest(plan) { credential throws(CallFailure) in try self.open(credential, context).text
        }
        .outbound(requestID: RequestID.generate().description, deadline: deadline)
        let answer: (status: Int, type: String, body: ByteBuffer)
        do {
            answer = try await ask(request, plan, of: api, context)
        } catch var failure as CallFailure {
            failure.sent = false
            failure.route = nil
            failure.detail = "The token endpoint could not be asked. \(failure.detail)"
            throw failure
        }
        guard answer.status < 500 else {
            throw CallFailure(
                .upstreamError, stage: .origin, detail: "The token endpoint answered \(answer.status).",
                isRetryable: true)
        }
        guard (200..<300).contains(answer.status) else {
            throw CallFailure(
                .authenticationFailed, stage: .origin, detail: "The token endpoint answered \(answer.status).")
        }
        guard let token = TokenResponse(answer.body, type: answer.type) else {
            throw CallFailure(
                .authenticationFailed, stage: .origin, detail: "The token endpoint gave no bearer token.")
        }
        if !context.isDraft, let refreshToken = token.refreshToken,
            case .refreshToken(let credential) = plan.grant
        {
            await keep(Secret(text: refreshToken), credential)
        }
        return (Secret(text: token.accessToken), token.lifetime)
    }

    /// Asks once, and again at once where a session did not process the request; each time is a record of its own whose
    /// parent is the call.
    private func ask(
        _ request: OutboundRequest, _ plan: OAuth2Plan, of api: CompiledAPI, _ context: CallContext
    ) async throws -> (status: Int, type: String, body: ByteBuffer) {
        var request = request
        request.parentID = context.requestID
        for resendings in 0... {
            var record = newRecord(context, slug: api.slug, endpoint: nil)
            record.kind = .attempt
            record.requestID = request.requestID
            record.parent = context.requestID
            record.apiID = api.id
            record.action = "token.fetch"
            record.method = request.method
            record.route = plan.way == .tunnel ? api.route.chosen : .direct
            do {
                // The caller may leave; others wait for the same token.
                let answer = try await routes.token(api, plan.way).send(request, watch: CallerWatch()) { response in
                    record.route = response.route
                    record.upstreamStatus = response.status
                    let type = response.headers.first(name: "content-type") ?? ""
                    return (response.status, type, try await Self.collectToken(response))
                }
                record.note(Judge.code(ofError: answer.0, isRateLimited: false))
                try await recordAttempt(record)
                return answer
            } catch let failure as CallFailure where failure.mayResend && resendings < RetryPolicy.resendings {
                try await recordAttempt(record, failed: failure)
                request.requestID = RequestID.generate().description
            } catch {
                try await recordAttempt(record, failed: error as? CallFailure)
                throw error
            }
        }
        throw CancellationError()
    }

    private func recordAttempt(_ attempt: AuditRecord, failed failure: CallFailure?) async throws(CallFailure) {
        var attempt = attempt
        attempt.outcome = (failure?.code ?? .cancelled).rawValue
        attempt.stage = failure?.stage?.rawValue
        if let failure { attempt.note(failure) }
        try await recordAttempt(attempt)
    }

    private static func collectToken(_ response: InboundResponse) async throws -> ByteBuffer {
        let tooLarge = CallFailure(
            .authenticationFailed, stage: .origin, detail: "The token endpoint's answer is larger than 64 KiB.")
        var limits = DecodingLimits.defaults
        limits.decodedBytes = TokenResponse.limit
        var cleaner = try Cleaner(response, scrubber: nil, limits: limits)
        var body = ByteBuffer()
        func take(_ bytes: ByteBuffer, _ cleaner: inout Cleaner) throws(CallFailure) {
            body.writeImmutableBuffer(try cleaner.clean(bytes))
            guard body.readableBytes <= TokenResponse.limit else { throw tooLarge }
        }
        switch response.body {
        case .whole(let bytes):
            if let bytes { try take(bytes, &cleaner) }
        case .streamed(let next):
            while let bytes = try await next() { try take(bytes, &cleaner) }
        }
        body.writeImmutableBuffer(try cleaner.finish())
        return body
    }
}
