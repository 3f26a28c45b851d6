import Audit
import EgressPolicy
import NIOCore
package import NIOHTTP1
import Registry

/// One raw request for an API, as it came.
package struct ProxyRequest: Sendable {
    package var slug: String
    package var method: String
    /// What follows `/v1/proxy/{slug}` in the raw target.
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
        try enter()
        defer { leave() }
        let start = clock.monotonic()
        var record = newRecord(context, slug: proxied.slug, endpoint: nil)
        let prepared: (CompiledAPI, OutboundRequest)
        do throws(Failure) {
            prepared = try await prepare(proxied, context, &record)
        } catch {
            try await recordFailure(error, record, start)
            throw error
        }
        let counter = ByteCounter()
        var request = prepared.1
        request.body = counter.counting(request.body)
        var begun = false
        do {
            try await routes(prepared.0).send(request, watch: context.watch) { response in
                record.route = response.route
                record.upstreamStatus = response.status
                let streamed = if case .streamed = response.body { true } else { false }
                record.kind = streamed ? .begin : .call
                if case .whole(let bytes) = response.body {
                    record.requestBytes = counter.sent
                    record.responseBytes = bytes?.readableBytes ?? 0
                    record.times = [.init("total", microseconds: self.microseconds(since: start))]
                }
                try await self.record(record, sent: true)
                begun = true
                record.kind = .end
                try await answer(
                    ProxyAnswer(
                        status: response.status, headers: Sanitise.headers(response.headers),
                        body: counter.counting(response.body)))
                if streamed {
                    record.requestBytes = counter.sent
                    record.responseBytes = counter.received
                    record.times = [.init("total", microseconds: self.microseconds(since: start))]
                    record.time = self.clock.wall()
                    try await self.record(record, sent: true)
                }
            }
        } catch {
            let failure =
                error as? Failure
                ?? Failure(.connectionRefused, stage: .relay, detail: "The caller went away.", sent: true)
            record.requestBytes = counter.sent
            record.responseBytes = counter.received
            if !begun || record.kind == .end { try await recordFailure(failure, record, start) }
            throw begun ? AnswerBroken() : failure
        }
    }

    /// The answer had begun and cannot be finished.
    package struct AnswerBroken: Error {}

    private func recordFailure(_ failure: Failure, _ record: AuditRecord, _ start: NIODeadline) async throws(Failure) {
        var record = record
        record.outcome = failure.code.rawValue
        record.stage = failure.stage?.rawValue
        record.times = [.init("total", microseconds: microseconds(since: start))]
        try await self.record(record, sent: failure.sent)
    }

    private func prepare(
        _ proxied: ProxyRequest, _ context: CallContext, _ record: inout AuditRecord
    ) async throws(Failure) -> (CompiledAPI, OutboundRequest) {
        let api = try locate(proxied.slug, for: context.token)
        record.apiID = api.id
        record.method = proxied.method
        let target: RequestTarget
        do throws(RequestTargetError) {
            target = try RequestTarget(proxied.target, encodedSlashes: .permit)
        } catch {
            throw Failure(.invalidRequest, stage: .policy, detail: "The path is ambiguous. \(error)")
        }
        guard HeaderRules.isValidMethod(proxied.method) else {
            throw Failure(.invalidRequest, stage: .policy, detail: "The method is not valid.")
        }
        let endpoint = try locate(method: proxied.method, target: target, in: api)
        record.endpoint = endpoint?.name
        record.pathTemplate = endpoint?.template.description
        try await admit()
        if case .query(let name, _, _) = api.auth, let query = target.query, Self.names(query).contains(name) {
            throw Failure(
                .invalidRequest, stage: .policy, detail: "The query sets the parameter of the API's credential.")
        }
        var headers = Sanitise.requestHeaders(proxied.headers)
        headers.replaceOrAdd(name: "accept-encoding", value: "identity")
        if let length = proxied.headers.first(name: "content-length") {
            headers.add(name: "content-length", value: length)
        }
        if case .header(let name, _, _) = api.auth { headers.remove(name: name) }
        var request = OutboundRequest(
            method: proxied.method, origin: api.base.origin, target: api.base.pathPrefix + target.raw, headers: headers,
            body: proxied.body, allowsEncodedSlash: target.hasEncodedSlash, requestID: context.requestID,
            deadline: clock.monotonic() + TimeAmount(api.timeout))
        request.deadlineEndsAtHead = true
        try checkAllowed(request, by: api)
        if endpoint?.sendsCredential ?? true { try inject(api.auth, into: &request) }
        return (api, request)
    }

    /// The decoded names in a query.
    private static func names(_ query: Substring) -> [String] {
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
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
