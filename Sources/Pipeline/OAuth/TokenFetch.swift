import NIOCore
import NIOHTTP1
import Registry
import Traffic
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
            throw Failure(
                .credentialMissing, stage: .relay, detail: "To try this, give a refresh token of its own.")
        }
        let request = try TokenRequest(plan) { credential throws(Failure) in try self.open(credential, context).text }
            .outbound(requestID: context.requestID, deadline: deadline)
        let answer: (status: Int, body: ByteBuffer)
        do {
            // The caller may leave; others wait for the same token.
            answer = try await routes.token(api, plan.way).send(request, watch: CallerWatch()) { response in
                (response.status, try await Self.collectToken(response))
            }
        } catch var failure as Failure {
            failure.sent = false
            failure.detail = "The token endpoint could not be asked. \(failure.detail)"
            throw failure
        }
        guard answer.status < 500 else {
            throw Failure(
                .upstreamError, stage: .origin, detail: "The token endpoint answered \(answer.status).",
                isRetryable: true)
        }
        guard (200..<300).contains(answer.status) else {
            throw Failure(
                .authenticationFailed, stage: .origin, detail: "The token endpoint answered \(answer.status).")
        }
        guard let token = TokenResponse(answer.body) else {
            throw Failure(
                .authenticationFailed, stage: .origin, detail: "The token endpoint gave no bearer token.")
        }
        if !context.isDraft, let refreshToken = token.refreshToken,
            case .refreshToken(let credential) = plan.grant
        {
            await keep(Secret(text: refreshToken), credential)
        }
        return (Secret(text: token.accessToken), token.lifetime)
    }

    private static func collectToken(_ response: InboundResponse) async throws -> ByteBuffer {
        let tooLarge = Failure(
            .authenticationFailed, stage: .origin, detail: "The token endpoint's answer is larger than 64 KiB.")
        var limits = DecodingLimits.defaults
        limits.decodedBytes = TokenResponse.limit
        var cleaner = try Cleaner(response, scrubber: nil, limits: limits)
        var body = ByteBuffer()
        func take(_ bytes: ByteBuffer, _ cleaner: inout Cleaner) throws(Failure) {
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
