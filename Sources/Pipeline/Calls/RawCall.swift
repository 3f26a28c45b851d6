import Audit
import EgressPolicy
import Failure
import NIOCore
package import NIOHTTP1
import Redaction
import Registry

/// One raw request for an API, as it came.
package struct RawRequest: Sendable {
    package var slug: String
    package var method: String
    /// What follows `/v1/proxy/{slug}` in the raw target: a path, a query, both or nothing.
    package var target: String
    package var headers: HTTPHeaders
    package var body: OutboundBody

    package init(slug: String, method: String, target: String, headers: HTTPHeaders, body: OutboundBody) {
        self.slug = slug
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }
}

extension Pipeline {
    /// What a raw request comes to at its API.
    ///
    /// - Parameters:
    ///   - record: what is known of the call by now.
    ///   - fields: gets the name of what was left out.
    func prepare(
        _ raw: RawRequest, of api: CompiledAPI, _ context: CallContext, _ record: inout AuditRecord,
        _ fields: inout [ResponseField]
    ) throws(CallFailure) -> PreparedCall {
        record.apiID = api.id
        record.route = api.route.chosen
        record.method = raw.method
        try Self.checkProtocol(raw.headers)
        // The base URL itself, to which nothing is added.
        let isBase = !raw.target.hasPrefix("/")
        let target: RequestTarget
        do throws(RequestTargetError) {
            target = try RequestTarget(
                isBase ? "/" + raw.target : raw.target, encodedSlashes: .permit)
        } catch {
            throw CallFailure(.invalidRequest, stage: .policy, detail: "The path is ambiguous. \(error)")
        }
        guard HeaderRules.isValidMethod(raw.method), !Methods.isRefused(raw.method) else {
            throw CallFailure(
                .invalidRequest, stage: .policy, detail: "The method is not valid, or one that is never sent.")
        }
        let base = isBase ? api.endpoint(method: raw.method, path: "") : nil
        let endpoint = base == nil ? try locate(method: raw.method, target: target, in: api) : base
        record.endpoint = endpoint?.name
        record.pathTemplate = endpoint?.template.description
        if let endpoint {
            if endpoint.needsApproval { throw Self.needsApproval }
            if api.auth.url != nil, endpoint.template.names.contains(SecretPlace.name) {
                throw CallFailure(
                    .endpointNotFound, stage: .policy,
                    detail: "A path that holds the credential can only be called as a tool.")
            }
        }
        let fixed = api.fixedQuery + (endpoint?.fixedQuery ?? [])
        let taken = (api.auth.queryNames + fixed.map(\.name)).map { HeaderRules.folded($0) }
        if let names = target.query.map({ Self.names($0) }),
            !names.isDisjoint(with: taken)
        {
            throw CallFailure(
                .invalidRequest, stage: .policy,
                detail: "The query sets a parameter that the API's credential or its own URL sets.")
        }
        var (headers, dropped) = Sanitise.requestHeaders(raw.headers, api.requestHeaders)
        if !dropped.isEmpty {
            fields.append(ResponseField(name: Sanitise.dropped, value: dropped.joined(separator: ", ")))
        }
        // Asked for as they are: what comes encoded all the same is decoded, so that secrets are found in it.
        headers.replaceOrAdd(name: "accept-encoding", value: "identity")
        if let length = raw.headers.first(name: "content-length") {
            headers.add(name: "content-length", value: length)
        }
        guard let prefix = try? Self.prefix(of: api) else {
            throw CallFailure(.internalError, stage: .relay, detail: "The API's base URL cannot be rendered.")
        }
        let addsNothing = base != nil && !prefix.isEmpty
        var rendered = prefix + (addsNothing ? raw.target : target.raw)
        Self.append(fixed, to: &rendered)
        var request = OutboundRequest(
            method: raw.method, origin: api.base.origin, target: rendered, headers: headers,
            body: raw.body, allowsEncodedSlash: target.hasEncodedSlash, requestID: context.requestID,
            deadline: clock.monotonic() + TimeAmount(api.timeout))
        request.deadlineEndsAtHead = true
        return PreparedCall(
            api: api, request: request, sendsCredential: endpoint?.sendsCredential ?? true,
            kind: .raw(responseHeaders: endpoint?.responseHeaders ?? [], prefix: prefix), invalid: nil)
    }

    /// The decoded names in a query, as ``HeaderRules/folded(_:)`` writes names.
    private static func names(_ query: Substring) -> Set<String> {
        Set(
            query.split(separator: "&").map { pair in
                var bytes: [UInt8] = []
                var rest = pair.prefix { $0 != "=" }.utf8[...]
                while let byte = rest.popFirst() {
                    let digits = rest.prefix(2)
                    if byte == UInt8(ascii: "%"), digits.count == 2,
                        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
                    {
                        bytes.append(value)
                        rest = rest.dropFirst(2)
                    } else {
                        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                    }
                }
                return HeaderRules.folded(String(decoding: bytes, as: UTF8.self))
            })
    }

    /// The head that a raw answer is passed on with: what may reach an agent, without the call's secrets.
    ///
    /// - Parameter headers: of the answer as its body is passed on.
    static func passedHeaders(
        _ headers: HTTPHeaders, of response: InboundResponse, to prepared: PreparedCall, _ scrubber: Scrubber?
    ) -> HTTPHeaders {
        guard case .raw(let also, let prefix) = prepared.kind else { return [:] }
        var passed = Sanitise.headers(headers, also: also)
        passed.remove(name: "location")
        if ProxyLocation.isMapped(response.status), let location = response.headers.first(name: "location"),
            let mapped = ProxyLocation.mapped(
                location, from: prepared.request.target, origin: prepared.request.origin, prefix: prefix,
                slug: prepared.api.slug)
        {
            passed.add(name: "location", value: mapped)
        }
        return Sanitise.scrubbed(passed, scrubber)
    }
}
