import Audit
import EgressPolicy
import NIOCore
package import NIOHTTP1
import Registry

/// One raw request for an API, as it came.
package struct ProxyRequest: Sendable {
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

/// The head and body to answer a raw request with.
package struct ProxyAnswer: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: InboundBody
}

extension Pipeline {
    /// Passes one raw request through, streaming both ways.
    ///
    /// `answer` is called once, when the record that has to be durable before the answer's head is; when it throws, the
    /// answer had begun and its connection is of no more use. A ``Failure`` thrown before that is to be answered.
    package func proxy(
        _ proxied: ProxyRequest, _ context: CallContext, answer: (ProxyAnswer) async throws -> Void
    ) async throws {
        let start = clock.monotonic()
        var record = newRecord(context, slug: String(proxied.slug.prefix(64)), endpoint: nil)
        var fields: [ResponseField] = []
        let prepared: Prepared
        do throws(Failure) {
            prepared = try await prepare(proxied, context, &record, &fields)
        } catch {
            var failure = error
            failure.fields = fields
            try await recordFailure(failure, record, start)
            throw failure
        }
        defer { giveBack(prepared.places) }
        let counter = ByteCounter()
        var request = prepared.request
        request.body = counter.counting(request.body)
        var begun = false
        do {
            _ = try await send(
                request, of: prepared.api, sendsCredential: prepared.sendsCredential, retriesStatuses: false, record,
                context
            ) { response, attempt in
                if attempt.triesAnother(after: response.status) {
                    return Handled<Bool>(status: response.status)
                }
                record.route = response.route
                record.upstreamStatus = response.status
                record.attempts = attempt.attempts
                let limit = RateLimitWatch(response, now: self.clock.wall())
                let cleaned = try await PassedBody(
                    response, counted: counter.counting(response.body), method: request.method,
                    scrubber: attempt.scrubber, work: self.work, user: prepared.api.user)
                let body = limit.watching(cleaned.body)
                record.note(limit.code)
                record.kind = cleaned.isStreamed ? .begin : .call
                if case .whole(let bytes) = response.body {
                    record.requestBytes = counter.sent
                    record.responseBytes = bytes?.readableBytes ?? 0
                    record.times = [.init("total", microseconds: self.microseconds(since: start))]
                }
                try await self.record(record, sent: true)
                begun = true
                if cleaned.isStreamed { record.kind = .end }
                var passed = Sanitise.headers(cleaned.headers, also: prepared.responseHeaders)
                passed.remove(name: "location")
                if let location = prepared.location(response) { passed.add(name: "location", value: location) }
                var headers = Sanitise.scrubbed(passed, attempt.scrubber)
                for field in fields { headers.add(name: field.name, value: field.value) }
                try await answer(ProxyAnswer(status: response.status, headers: headers, body: body))
                if cleaned.isStreamed {
                    record.note(limit.code)
                    record.requestBytes = counter.sent
                    record.responseBytes = counter.received
                    record.times = [.init("total", microseconds: self.microseconds(since: start))]
                    record.time = self.clock.wall()
                    try await self.record(record, sent: true)
                }
                return Handled(status: response.status, isRateLimited: limit.isRateLimited, result: true)
            }
        } catch {
            var failure =
                error as? Failure
                ?? Failure(.cancelled, stage: .relay, detail: "The caller went away.", sent: true)
            failure.fields = fields
            record.requestBytes = counter.sent
            record.responseBytes = counter.received
            if !begun { record.kind = .call }
            if !begun || record.kind == .end { try await recordFailure(failure, record, start) }
            throw begun ? AnswerBroken() : failure
        }
    }

    /// A raw request that may be sent.
    private struct Prepared {
        let api: CompiledAPI
        let request: OutboundRequest
        let sendsCredential: Bool
        let places: Places
        /// That the endpoint's answers carry beside the usual ones.
        let responseHeaders: [String]
        /// Path of the API's base URL.
        let prefix: String

        /// The answer's `Location`, where it is one that an agent can follow.
        func location(_ response: InboundResponse) -> String? {
            guard ProxyLocation.isMapped(response.status), let location = response.headers.first(name: "location")
            else { return nil }
            return ProxyLocation.mapped(
                location, from: request.target, origin: request.origin, prefix: prefix, slug: api.slug)
        }
    }

    /// The answer had begun and cannot be finished.
    package struct AnswerBroken: Error {}

    private func recordFailure(_ failure: Failure, _ record: AuditRecord, _ start: NIODeadline) async throws(Failure) {
        var record = record
        record.outcome = failure.code.rawValue
        record.stage = failure.stage?.rawValue
        record.note(failure)
        record.times = [.init("total", microseconds: microseconds(since: start))]
        try await self.record(record, sent: failure.sent)
    }

    private func prepare(
        _ proxied: ProxyRequest, _ context: CallContext, _ record: inout AuditRecord, _ fields: inout [ResponseField]
    ) async throws(Failure) -> Prepared {
        let api = try await locate(proxied.slug, for: context.token)
        record.apiID = api.id
        record.route = api.route.chosen
        record.method = proxied.method
        try Self.checkProtocol(proxied.headers)
        // The base URL itself, to which nothing is added.
        let isBase = !proxied.target.hasPrefix("/")
        let target: RequestTarget
        do throws(RequestTargetError) {
            target = try RequestTarget(
                isBase ? "/" + proxied.target : proxied.target, encodedSlashes: .permit)
        } catch {
            throw Failure(.invalidRequest, stage: .policy, detail: "The path is ambiguous. \(error)")
        }
        guard HeaderRules.isValidMethod(proxied.method), !Methods.isRefused(proxied.method) else {
            throw Failure(
                .invalidRequest, stage: .policy, detail: "The method is not valid, or one that is never sent.")
        }
        let base = isBase ? api.endpoint(method: proxied.method, path: "") : nil
        let endpoint = base == nil ? try locate(method: proxied.method, target: target, in: api) : base
        record.endpoint = endpoint?.name
        record.pathTemplate = endpoint?.template.description
        if let endpoint {
            if endpoint.needsApproval { throw Self.needsApproval }
            if api.auth.url != nil, endpoint.template.names.contains(SecretPlace.name) {
                throw Failure(
                    .endpointNotFound, stage: .policy,
                    detail: "A path that holds the credential can only be called as a tool.")
            }
        }
        try await admit()
        let fixed = api.fixedQuery + (endpoint?.fixedQuery ?? [])
        let taken = (api.auth.queryNames + fixed.map(\.name)).map { HeaderRules.folded($0) }
        if let names = target.query.map({ Self.names($0) }),
            !names.isDisjoint(with: taken)
        {
            throw Failure(
                .invalidRequest, stage: .policy,
                detail: "The query sets a parameter that the API's credential or its own URL sets.")
        }
        var (headers, dropped) = Sanitise.requestHeaders(proxied.headers, api.requestHeaders)
        if !dropped.isEmpty {
            fields.append(ResponseField(name: Sanitise.dropped, value: dropped.joined(separator: ", ")))
        }
        // Asked for as they are: what comes encoded all the same is decoded, so that secrets are found in it.
        headers.replaceOrAdd(name: "accept-encoding", value: "identity")
        if let length = proxied.headers.first(name: "content-length") {
            headers.add(name: "content-length", value: length)
        }
        guard let prefix = try? Self.prefix(of: api) else {
            throw Failure(.internalError, stage: .relay, detail: "The API's base URL cannot be rendered.")
        }
        let addsNothing = base != nil && !prefix.isEmpty
        var raw = prefix + (addsNothing ? proxied.target : target.raw)
        Self.append(fixed, to: &raw)
        var request = OutboundRequest(
            method: proxied.method, origin: api.base.origin, target: raw, headers: headers,
            body: proxied.body, allowsEncodedSlash: target.hasEncodedSlash, requestID: context.requestID,
            deadline: clock.monotonic() + TimeAmount(api.timeout))
        request.deadlineEndsAtHead = true
        try checkAllowed(request, by: api)
        return Prepared(
            api: api, request: request, sendsCredential: endpoint?.sendsCredential ?? true,
            places: try takeLimits(api, context, &fields), responseHeaders: endpoint?.responseHeaders ?? [],
            prefix: prefix)
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
}
