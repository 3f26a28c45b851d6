import Administration
import Failure
import HTTPTypes
import Hummingbird
import Logging
import Pipeline
import Registry

/// Turns every error into one problem document, and names the request in every answer.
struct ProblemMiddleware: RouterMiddleware {
    /// The largest body that is read, in bytes.
    let bodyLimit: Int
    /// Where requests with large bodies are worked on.
    var work = WorkPool.none

    func handle(
        _ request: Request, context: RelayContext, next: (Request, RelayContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.bodyLimit = Self.isImport(request) ? max(bodyLimit, Self.importLimit) : bodyLimit
        context.work = work
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let failure = Self.failure(error)
            if failure.code == .internalError {
                context.logger.error("request failed", metadata: ["error": "\(type(of: error))"])
            }
            var status: HTTPResponse.Status?
            if failure.code == .invalidRequest { status = (error as? any HTTPResponseError)?.status }
            if let error = error as? AdministrationError { status = Self.status(error) ?? status }
            response = Problem(failure, requestID: context.requestID).response(status: status)
        }
        if let name = HTTPField.Name("x-request-id") { response.headers[name] = context.requestID }
        return response
    }

    /// Published descriptions are longer than anything else that is sent here.
    private static let importLimit = 48 << 20

    private static func isImport(_ request: Request) -> Bool {
        request.method == .post && request.uri.path.hasPrefix("/v1/apis") && request.uri.path.hasSuffix(":import")
    }

    private static func failure(_ error: any Error) -> CallFailure {
        switch error {
        case let failure as CallFailure:
            return failure
        case let error as AdministrationError:
            return CallFailure(
                code(of: error), stage: .relay, detail: error.message,
                isRetryable: error.code == .unrecorded ? false : nil, retryAfter: error.code == .storage ? 5 : nil,
                sent: error.code == .unrecorded,
                violations: error.violations.map { .init(pointer: $0.pointer, message: $0.message) })
        case let error as any HTTPResponseError where error.status == .notFound:
            return CallFailure(.endpointNotFound, stage: .relay, detail: "There is no such resource.")
        case let error as any HTTPResponseError where error.status.kind == .clientError:
            return CallFailure(.invalidRequest, stage: .relay, detail: "The request is not valid.")
        default:
            return CallFailure(.internalError, stage: .relay, detail: "The relay failed.")
        }
    }

    private static func code(of error: AdministrationError) -> ErrorCode {
        switch error.code {
        case .notFound:
            switch error.subject {
            case .user: .unknownUser
            case .tunnel: .unknownTunnel
            case .token: .unknownToken
            // Part of an API, and told as the API is.
            case .api, .proposal, nil: .unknownAPI
            }
        case .invalid, .exists, .conflict, .superseded: .invalidRequest
        case .forbidden: .forbidden
        case .urlNotAllowed: .urlNotAllowed
        case .storage, .unrecorded: .overloaded
        }
    }

    /// Where HTTP has a better status than the code's.
    private static func status(_ error: AdministrationError) -> HTTPResponse.Status? {
        switch error.code {
        case .exists, .superseded: .conflict
        case .conflict: .preconditionFailed
        default: nil
        }
    }
}

/// Lets through who has a token of one of these kinds; before a body is read (T15).
struct RequireToken: RouterMiddleware {
    let administration: Administration
    let kinds: Set<TokenKind>

    func handle(
        _ request: Request, context: RelayContext, next: (Request, RelayContext) async throws -> Response
    ) async throws -> Response {
        let token = try Authentication.token(request.headers, administration)
        guard kinds.contains(token.kind) else {
            throw CallFailure(.forbidden, stage: .policy, detail: "A token of another kind is needed for this.")
        }
        var context = context
        context.token = token
        let authorized = context
        // Where its length is not known, the body may be of any.
        let length = request.headers[.contentLength].flatMap { Int($0) }
        let mayHaveBody = request.method != .get && request.method != .head && request.method != .delete
        return try await context.work.host(
            for: token.user ?? token.id, bytes: length ?? (mayHaveBody ? WorkPool.threshold : 0)
        ) {
            try await next(request, authorized)
        }
    }
}
