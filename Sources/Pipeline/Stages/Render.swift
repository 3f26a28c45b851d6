import EgressPolicy
import NIOCore
import NIOHTTP1
import Registry
import Value

/// Stage: the request as it will be sent, but for its credential; and whether its URL is allowed.
extension Pipeline {
    func render(
        _ arguments: BoundArguments, _ endpoint: CompiledEndpoint, of api: CompiledAPI, _ context: CallContext
    ) throws(Failure) -> OutboundRequest {
        let slashes = endpoint.slashParameters
        var target: String
        do throws(RenderError) {
            let path = try endpoint.template.render(arguments.path, allowingSlashesIn: slashes)
            var query = QueryRenderer()
            for (name, value) in arguments.query { try query.append(name, value) }
            target = query.target(path: api.base.pathPrefix + path)
        } catch {
            throw Failure(
                .invalidRequest, stage: .validation, detail: error.description,
                violations: [.init(pointer: "/\(error.parameter)", message: error.description)])
        }
        var headers: HTTPHeaders = ["accept": "application/json, */*;q=0.5", "accept-encoding": "identity"]
        headers.add(name: "user-agent", value: "penstock")
        if let traceparent = context.traceparent { headers.add(name: "traceparent", value: traceparent) }
        var body = OutboundBody.none
        if let value = arguments.body {
            let bytes = value.bytes()
            headers.add(name: "content-type", value: "application/json")
            headers.add(name: "content-length", value: String(bytes.count))
            body = .whole(ByteBuffer(bytes: bytes))
        } else if ["POST", "PUT", "PATCH"].contains(endpoint.method) {
            headers.add(name: "content-length", value: "0")
        }
        return OutboundRequest(
            method: endpoint.method, origin: api.base.origin, target: target, headers: headers, body: body,
            allowsEncodedSlash: !slashes.isEmpty, requestID: context.requestID,
            deadline: clock.monotonic() + TimeAmount(api.timeout))
    }

    /// Judges what is sent, after rendering and again after the credential is in place.
    func checkAllowed(_ request: OutboundRequest, by api: CompiledAPI) throws(Failure) {
        let target: RequestTarget
        do throws(RequestTargetError) {
            target = try RequestTarget(request.target, encodedSlashes: request.allowsEncodedSlash ? .permit : .refuse)
        } catch {
            throw Failure(.invalidRequest, stage: .policy, detail: "The rendered path is ambiguous. \(error)")
        }
        guard api.allowlist.allows(request.origin, target) else {
            throw Failure(.urlNotAllowed, stage: .policy, detail: "The API's allowlist does not cover this request.")
        }
    }
}
