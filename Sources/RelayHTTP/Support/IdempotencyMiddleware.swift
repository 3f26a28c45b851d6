import Administration
import Failure
import HTTPTypes
import Hummingbird
import NIOCore
import Registry
import Value

/// `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a mutation that is sent again within 24 hours is
/// answered as it was, and not carried out again.
///
/// Only answers that say that something was done are kept: a request that was refused may be mended and sent again. An
/// answer that shows a token's text is never kept; its repetition learns that it was done, and no more.
struct IdempotencyMiddleware: RouterMiddleware {
    let administration: Administration
    let keys: IdempotencyKeys

    private static let header = HTTPField.Name("idempotency-key")
    private static let replayed = HTTPField.Name("idempotency-replayed")

    func handle(
        _ request: Request, context: RelayContext, next: (Request, RelayContext) async throws -> Response
    ) async throws -> Response {
        guard let header = Self.header, let key = request.headers[header],
            [.post, .put, .patch, .delete].contains(request.method), !Self.writesNothing(request)
        else { return try await next(request, context) }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw CallFailure(
                .invalidRequest, stage: .validation,
                detail: "Idempotency-Key must be 1 to 255 visible ASCII characters.")
        }
        // Only who may write is asked for a body (T15).
        let token = try Authentication.token(request.headers, administration)
        var request = request
        let body = try await request.wholeBody(context)
        request.body = RequestBody(buffer: body)
        let claimed = IdempotentRequest(
            user: token.user, key: key, digest: keys.digest(Self.identity(token, request, body)))
        switch try await keys.claim(claimed) {
        case .claimed:
            return try await carryOut(claimed, request, context, next)
        case .inProgress:
            throw CallFailure(
                .overloaded, stage: .relay, detail: "The same request is being carried out.", retryAfter: 1)
        case .conflict:
            throw CallFailure(
                .invalidRequest, stage: .validation,
                detail: "This Idempotency-Key was used for another request; take a new one.")
        case .replay(let answered):
            return Self.replay(answered)
        }
    }

    private func carryOut(
        _ claimed: IdempotentRequest, _ request: Request, _ context: RelayContext,
        _ next: (Request, RelayContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as AdministrationError where error.code == .unrecorded {
            // It was done, though nobody can be told so: it must not be done again.
            try await keys.complete(claimed, with: IdempotentResponse(status: 503, body: nil))
            throw error
        } catch {
            await keys.release(claimed)
            throw error
        }
        guard response.status.kind == .successful else {
            await keys.release(claimed)
            return response
        }
        let body = try await CapturedBody.capture(response.body)
        response.body = ResponseBody(byteBuffer: body)
        let isKept = body.readableBytes <= IdempotencyLimits.body && !Self.showsToken(body)
        try await keys.complete(
            claimed,
            with: IdempotentResponse(status: response.status.code, body: isKept ? Array(body.readableBytesView) : nil))
        return response
    }

    private static func replay(_ answered: IdempotentResponse) -> Response {
        var headers: HTTPFields = [.cacheControl: "no-store"]
        if let replayed { headers[replayed] = "true" }
        let hasBody = answered.status != 204
        if hasBody { headers[.contentType] = "application/json" }
        let withheld: JSON = [
            "detail": "This was done when it was first asked for; what was shown then is not shown again."
        ]
        let body = hasBody ? answered.body ?? withheld.bytes() : []
        return Response(
            status: .init(code: answered.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// What makes two requests the same: who sends it, with which token, and all of it.
    private static func identity(_ token: Token, _ request: Request, _ body: ByteBuffer) -> [UInt8] {
        Array("\(token.id) \(request.method.rawValue) \(request.head.path ?? "")\n".utf8) + body.readableBytesView
    }

    /// A connection test tells of its steps as they end; a discovery and an import without a slug make drafts.
    private static func writesNothing(_ request: Request) -> Bool {
        let path = request.uri.path
        return path.hasSuffix(":test") || path == "/v1/apis:discover" || path == "/v1/apis:import"
    }

    private static func showsToken(_ body: ByteBuffer) -> Bool {
        (try? JSON.parse(Array(body.readableBytesView)))?["token"] != nil
    }
}

/// Takes a response's body instead of the connection.
private struct CapturedBody: ResponseBodyWriter {
    private final class Bytes: @unchecked Sendable {
        // Written by the one task that asks for the body, and read after it.
        var buffer = ByteBuffer()
    }

    private let bytes = Bytes()

    static func capture(_ body: ResponseBody) async throws -> ByteBuffer {
        let writer = CapturedBody()
        let bytes = writer.bytes
        try await body.write(writer)
        return bytes.buffer
    }

    mutating func write(_ buffer: ByteBuffer) async throws {
        bytes.buffer.writeImmutableBuffer(buffer)
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
