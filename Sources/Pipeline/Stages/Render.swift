import EgressPolicy
import Failure
import NIOCore
import NIOHTTP1
import Registry
import Value

/// Stage: the request as it will be sent, but for its credential; and whether its URL is allowed.
extension Pipeline {
    func render(
        _ arguments: BoundArguments, _ endpoint: CompiledEndpoint, of api: CompiledAPI, _ context: CallContext
    ) throws(CallFailure) -> OutboundRequest {
        let rendered = try RenderedRequest(arguments, endpoint, of: api, traceparent: context.traceparent)
        return OutboundRequest(
            method: endpoint.method, origin: api.base.origin, target: rendered.target, headers: rendered.headers,
            body: rendered.body.map(OutboundBody.whole) ?? .none,
            allowsEncodedSlash: !endpoint.slashParameters.isEmpty, requestID: context.requestID,
            deadline: clock.monotonic() + TimeAmount(api.timeout))
    }

    /// What stands before every path of the API; a secret's place is held by a placeholder.
    static func prefix(of api: CompiledAPI) throws(ParameterError) -> String {
        guard let template = api.secretPrefix else { return api.base.pathPrefix }
        var rendering = ParameterRendering()
        try rendering.add(.scalar(SecretPlace.placeholder), as: secretFormat)
        return try rendering.target(template)
    }

    /// Appends what the definition's URLs bring along.
    static func append(_ fixed: [FixedQuery], to target: inout String) {
        for item in fixed {
            target += target.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
            target += PercentEncoding.encoded(item.name.utf8) + "="
            target += PercentEncoding.encoded(item.value(secret: SecretPlace.placeholder).utf8)
        }
    }

    static let secretFormat: ParameterFormat = {
        guard let format = try? ParameterFormat(SecretPlace.name, in: .path) else {
            preconditionFailure("the format of a plain path parameter is valid")
        }
        return format
    }()

    /// Judges what is sent, after rendering and again after the credential is in place.
    func checkAllowed(_ request: OutboundRequest, by api: CompiledAPI) throws(CallFailure) {
        let target: RequestTarget
        do throws(RequestTargetError) {
            target = try RequestTarget(request.target, encodedSlashes: request.allowsEncodedSlash ? .permit : .refuse)
        } catch {
            throw CallFailure(.invalidRequest, stage: .policy, detail: "The rendered path is ambiguous. \(error)")
        }
        guard api.allowlist.allows(request.origin, target) else {
            throw CallFailure(
                .urlNotAllowed, stage: .policy, detail: "The API's allowlist does not cover this request.")
        }
        try checkDestination(of: request, by: api)
    }
}

extension Pipeline {
    /// `COPY` and `MOVE` write to where `Destination` says (RFC 4918, section 10.3), so that the allowlist judges it as it
    /// does the target.
    private func checkDestination(of request: OutboundRequest, by api: CompiledAPI) throws(CallFailure) {
        for value in request.headers["destination"] {
            let isAllowed: Bool
            if value.hasPrefix("/") {
                let target = try? RequestTarget(value, encodedSlashes: .refuse)
                isAllowed = target.map { api.allowlist.allows(request.origin, $0) } ?? false
            } else {
                let url = try? AbsoluteURL(value)
                isAllowed =
                    url.map { $0.origin == request.origin && api.allowlist.allows($0.origin, $0.target) } ?? false
            }
            guard isAllowed else {
                throw CallFailure(
                    .urlNotAllowed, stage: .policy, detail: "The API's allowlist does not cover this destination.")
            }
        }
    }
}
