import EgressPolicy
package import Failure
package import NIOCore
package import NIOHTTP1
package import Registry
package import Value

/// What a call's arguments come to on the wire, but for the credential.
package struct RenderedRequest: Sendable {
    /// Path and query; a URL's secret is a placeholder.
    package let target: String
    package let headers: HTTPHeaders
    package let body: ByteBuffer?

    /// Renders arguments without a call, as calls do.
    /// - Throws: `INVALID_REQUEST` with every violation, as calls do.
    package init(_ arguments: JSON, for endpoint: CompiledEndpoint, of api: CompiledAPI) throws(CallFailure) {
        let bound = try BoundArguments(arguments, for: endpoint, formats: api.argumentFormats)
        try self.init(bound, endpoint, of: api, traceparent: nil)
        try bound.checkValid()
    }

    init(
        _ arguments: BoundArguments, _ endpoint: CompiledEndpoint, of api: CompiledAPI, traceparent: String?
    ) throws(CallFailure) {
        var rendering = ParameterRendering(
            reserving: endpoint.parameters.map(\.name) + api.auth.queryNames + api.auth.cookieNames)
        let prefix: String
        var target: String
        do throws(ParameterError) {
            prefix = try Pipeline.prefix(of: api)
            for (parameter, value) in arguments.parameters { try rendering.add(value, as: parameter.format) }
            if endpoint.template.names.contains(SecretPlace.name), api.auth.url != nil {
                try rendering.add(.scalar(SecretPlace.placeholder), as: Pipeline.secretFormat)
            }
            target = prefix + (try rendering.target(endpoint.template))
            if !target.hasPrefix("/") { target = "/" + target }
        } catch {
            let argument = endpoint.parameters.first { $0.name == error.parameter }?.argument ?? error.parameter
            throw BoundArguments.failure([
                .init(pointer: JSONPointer([argument]).description, message: error.description)
            ])
        }
        Pipeline.append(api.fixedQuery + endpoint.fixedQuery, to: &target)
        var headers: HTTPHeaders = [
            "accept": endpoint.accept ?? "application/json, */*;q=0.5", "accept-encoding": "gzip",
        ]
        headers.add(name: "user-agent", value: "penstock")
        if let traceparent { headers.add(name: "traceparent", value: traceparent) }
        for header in rendering.headers { headers.replaceOrAdd(name: header.name, value: header.value) }
        if let cookie = rendering.cookie { headers.add(name: "cookie", value: cookie) }
        var body: ByteBuffer?
        if let value = arguments.body {
            let encoded = try EncodedBody(value, as: endpoint.content)
            headers.replaceOrAdd(name: "content-type", value: encoded.type)
            headers.add(name: "content-length", value: String(encoded.bytes.readableBytes))
            body = encoded.bytes
        } else if ["POST", "PUT", "PATCH"].contains(endpoint.method) {
            headers.add(name: "content-length", value: "0")
        }
        self.target = target
        self.headers = headers
        self.body = body
    }
}
