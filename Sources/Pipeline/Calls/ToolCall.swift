import Audit
import EgressPolicy
import Failure
import Limits
import NIOCore
import NIOHTTP1
package import Registry

/// A call of one endpoint: arguments in, data out.
package struct ToolRequest: Sendable {
    /// Which API is meant.
    package enum API: Sendable {
        case slug(String)
        /// One that need not be stored.
        case given(CompiledAPI)

        var slug: String {
            switch self {
            case .slug(let slug): slug
            case .given(let api): api.slug
            }
        }
    }

    package var api: API
    package var endpoint: String
    package var arguments: ToolArguments

    package init(api: API, endpoint: String, arguments: ToolArguments) {
        self.api = api
        self.endpoint = endpoint
        self.arguments = arguments
    }
}

extension Pipeline {
    /// The endpoint that a tool call means, where the caller may call it.
    func locate(
        _ name: String, in api: CompiledAPI, _ record: inout AuditRecord
    ) throws(CallFailure) -> CompiledEndpoint {
        record.apiID = api.id
        record.route = api.route.chosen
        let endpoint = try locate(name, in: api)
        record.method = endpoint.method
        record.pathTemplate = endpoint.template.description
        if endpoint.needsApproval { throw Self.needsApproval }
        return endpoint
    }

    /// Never called unasked: there is nobody to ask yet.
    static var needsApproval: CallFailure {
        CallFailure(
            .notImplemented, stage: .policy,
            detail: "A person has to agree to each call of this endpoint, and this relay has no way to ask one.")
    }

    /// Reads, binds and renders a tool's arguments.
    ///
    /// - Throws: `INVALID_REQUEST` where no request can be made of them.
    func prepare(
        _ arguments: ToolArguments, _ endpoint: CompiledEndpoint, of api: CompiledAPI, _ context: CallContext
    ) throws(CallFailure) -> PreparedCall {
        let bound = try BoundArguments(try arguments.json(), for: endpoint, formats: api.argumentFormats)
        return PreparedCall(
            api: api, request: try render(bound, endpoint, of: api, context),
            sendsCredential: endpoint.sendsCredential, kind: .tool(endpoint, warnings: bound.warnings),
            invalid: bound.invalid)
    }

    /// A tool's answer as it was collected: its body decoded and without the call's secrets.
    ///
    /// - Parameter bytes: the whole body as it came.
    func collected(
        _ bytes: ByteBuffer, of response: InboundResponse, _ attempt: Attempt
    ) throws(CallFailure) -> CollectedAnswer {
        let most = limits.responseBytes
        guard bytes.readableBytes <= most else { throw Self.tooLarge(most, response.status) }
        let body = try Cleaner.whole(bytes, of: response, scrubber: attempt.scrubber, most: most)
        let retryAfter = response.headers.first(name: "retry-after").flatMap {
            RetryAfter.wait($0, now: clock.wall())
        }
        return CollectedAnswer(
            status: response.status, headers: Sanitise.scrubbed(response.headers, attempt.scrubber), body: body,
            received: bytes.readableBytes, retryAfter: retryAfter, route: response.route, attempts: attempt.attempts)
    }

    /// A body that is still coming, whole.
    func collect(_ response: InboundResponse, _ attempt: Attempt, of api: CompiledAPI) async throws -> CollectedAnswer {
        let most = limits.responseBytes
        guard case .streamed(let next) = response.body else { throw Call.lost }
        // Where there is no body, as for HEAD, the length is not of this answer, and the body is whole.
        if let length = response.headers.first(name: "content-length").flatMap({ Int($0) }), length > most {
            throw Self.tooLarge(most, response.status)
        }
        var received = ByteBuffer()
        while let bytes = try await next() {
            guard received.readableBytes + bytes.readableBytes <= most else {
                throw Self.tooLarge(most, response.status)
            }
            if received.readableBytes == 0 { received = bytes } else { received.writeImmutableBuffer(bytes) }
        }
        let whole = received
        return try await work.run(
            for: api.user, bytes: Cleaner.work(whole.readableBytes, response.headers)
        ) {
            try self.collected(whole, of: response, attempt)
        }
    }

    private static func tooLarge(_ most: Int, _ status: Int) -> CallFailure {
        CallFailure(
            .responseTooLarge, stage: .relay, detail: "The answer is larger than \(most) bytes.", sent: true,
            upstreamStatus: status)
    }

    /// What a successful answer comes to: data that follows its schema, and the headers that go with it.
    func answer(
        _ answered: CollectedAnswer, _ endpoint: CompiledEndpoint, of api: CompiledAPI, _ warnings: [String],
        _ context: CallContext
    ) throws(CallFailure) -> ToolAnswer {
        var warnings = warnings
        let data = Judge.data(of: answered, schema: endpoint.responseSchema, warnings: &warnings)
        let mismatches = try validate(data, against: endpoint, of: api, status: answered.status, context)
        warnings += mismatches.map {
            "The answer does not match its schema at \"\($0.pointer)\": \($0.message)"
        }
        return ToolAnswer(
            data: data.bytes, status: answered.status,
            headers: AnswerHeaders.chosen(answered.headers, for: endpoint, of: api), latency: 0, warnings: warnings,
            mismatches: mismatches)
    }
}

/// An API's answer, whole.
struct CollectedAnswer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    /// Decoded, and without the call's secrets.
    let body: ByteBuffer
    /// Bytes as they came.
    let received: Int
    let retryAfter: TimeAmount?
    let route: AuditRecord.Route
    /// As in the record.
    var attempts: Int?

    /// Whether the API says that it has had too many requests.
    var isRateLimited: Bool {
        Judge.isRateLimit(status, headers, retryAfter: retryAfter) || Judge.isRateLimit(status, text: body)
    }
}
