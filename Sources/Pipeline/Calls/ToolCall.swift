import Audit
import EgressPolicy
import Logging
import NIOCore
import NIOHTTP1
import Registry
import Traffic
package import Value

/// What a tool call comes back with.
package struct ToolAnswer: Sendable {
    /// One JSON value, serialised.
    package var data: [UInt8]
    package var status: Int
    /// Chosen headers of the API's answer, by name.
    package var headers = JSONObject()
    /// From the call's arrival to its answer, in milliseconds.
    package var latency: Double
    package var warnings: [String]
    /// Where the answer does not match its schema, with `validation: warn`.
    var mismatches: [Failure.Violation] = []
    /// What the answer's head says of limits.
    package var fields: [ResponseField] = []
}

extension Pipeline {
    /// Calls an endpoint: arguments in, data out, or one typed failure.
    package func callTool(
        _ slug: String, _ endpointName: String, arguments: ToolArguments, _ context: CallContext
    ) async throws(Failure) -> ToolAnswer {
        try await recorded(slug, endpointName, context) { record, fields throws(Failure) in
            let api = try await locate(slug, for: context.token)
            return try await runTool(api, endpointName, arguments, context, &record, &fields)
        }
    }

    /// As ``callTool(_:_:arguments:_:)-(_,_,ToolArguments,_)``, with arguments that have been read.
    package func callTool(
        _ slug: String, _ endpointName: String, arguments: JSON, _ context: CallContext
    ) async throws(Failure) -> ToolAnswer {
        try await callTool(slug, endpointName, arguments: .value(arguments), context)
    }

    /// Calls an endpoint of an API that need not be stored.
    func callTool(
        on api: CompiledAPI, _ endpointName: String, arguments: JSON, _ context: CallContext
    ) async throws(Failure) -> ToolAnswer {
        try await recorded(api.slug, endpointName, context) { record, fields throws(Failure) in
            try await runTool(api, endpointName, .value(arguments), context, &record, &fields)
        }
    }

    /// Runs a call, and puts how it went into the audit before anything of it is answered.
    private func recorded(
        _ slug: String, _ endpointName: String, _ context: CallContext,
        _ call: (inout AuditRecord, inout [ResponseField]) async throws(Failure) -> ToolAnswer
    ) async throws(Failure) -> ToolAnswer {
        let start = clock.monotonic()
        // What an agent made up is cut: no name is longer.
        var record = newRecord(context, slug: String(slug.prefix(64)), endpoint: String(endpointName.prefix(64)))
        var fields: [ResponseField] = []
        let result: Result<ToolAnswer, Failure>
        do throws(Failure) {
            result = .success(try await call(&record, &fields))
        } catch {
            result = .failure(error)
        }
        record.times.append(.init("total", microseconds: microseconds(since: start)))
        switch result {
        case .success(var answer):
            try await self.record(record, sent: true)
            answer.latency = Double(microseconds(since: start)) / 1000
            answer.fields = fields
            return answer
        case .failure(var failure):
            record.outcome = failure.code.rawValue
            record.stage = failure.stage?.rawValue
            record.upstreamStatus = failure.upstreamStatus ?? record.upstreamStatus
            record.note(failure)
            try await self.record(record, sent: failure.sent)
            failure.fields = fields
            throw failure
        }
    }

    func microseconds(since start: NIODeadline) -> Int {
        Int((clock.monotonic() - start).nanoseconds / 1000)
    }

    private func runTool(
        _ api: CompiledAPI, _ endpointName: String, _ arguments: ToolArguments, _ context: CallContext,
        _ record: inout AuditRecord, _ fields: inout [ResponseField]
    ) async throws(Failure) -> ToolAnswer {
        do {
            record.apiID = api.id
            record.route = api.route.chosen
            let endpoint = try locate(endpointName, in: api)
            record.method = endpoint.method
            record.pathTemplate = endpoint.template.description
            try await admit()
            if endpoint.needsApproval { throw Self.needsApproval }
            let prepared = try await prepare(arguments, endpoint, of: api, context)
            let request = prepared.request
            try checkAllowed(request, by: api)
            let places = try takeLimits(api, context, &fields)
            defer { giveBack(places) }
            if let invalid = prepared.invalid { throw invalid }
            if case .whole(let bytes) = request.body { record.requestBytes = bytes.readableBytes }
            let sent = clock.monotonic()
            let answered = try await send(
                request, of: api, sendsCredential: endpoint.sendsCredential, retriesStatuses: true, record, context
            ) { response, attempt in
                try await self.collect(response, attempt, of: api)
            }
            record.times.append(.init("origin", microseconds: microseconds(since: sent)))
            record.route = answered.route
            record.attempts = answered.attempts
            record.upstreamStatus = answered.status
            record.responseBytes = answered.received
            if let failure = Judge.failure(of: answered) { throw failure }
            return try await work.run(for: api.user, bytes: answered.body.readableBytes) {
                try self.answer(answered, endpoint, of: api, prepared.warnings, context)
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            logger.error("call failed unexpectedly", metadata: ["error": "\(error)"])
            throw Failure(.internalError, stage: .relay, detail: "The relay failed.", sent: true)
        }
    }

    /// Never called unasked: there is nobody to ask yet.
    static var needsApproval: Failure {
        Failure(
            .notImplemented, stage: .policy,
            detail: "A person has to agree to each call of this endpoint, and this relay has no way to ask one.")
    }

    /// What a successful answer comes to: data that follows its schema, and the headers that go with it.
    private func answer(
        _ answered: CollectedAnswer, _ endpoint: CompiledEndpoint, of api: CompiledAPI, _ warnings: [String],
        _ context: CallContext
    ) throws(Failure) -> ToolAnswer {
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

    /// The whole body, up to the limit, decoded and without the call's secrets.
    private func collect(
        _ response: InboundResponse, _ attempt: Attempt, of api: CompiledAPI
    ) async throws -> Handled<CollectedAnswer> {
        let status = response.status
        if attempt.triesAnother(after: status) { return Handled(status: status) }
        let most = limits.responseBytes
        func tooLarge() -> Failure {
            Failure(
                .responseTooLarge, stage: .relay, detail: "The answer is larger than \(most) bytes.", sent: true,
                upstreamStatus: status)
        }
        // A body that is whole has been counted; and where there is none, as for HEAD, the length is not of this answer.
        if case .streamed = response.body,
            let length = response.headers.first(name: "content-length").flatMap({ Int($0) }), length > most
        {
            throw tooLarge()
        }
        var received = ByteBuffer()
        switch response.body {
        case .whole(let bytes):
            received = bytes ?? ByteBuffer()
            guard received.readableBytes <= most else { throw tooLarge() }
        case .streamed(let next):
            while let bytes = try await next() {
                guard received.readableBytes + bytes.readableBytes <= most else { throw tooLarge() }
                if received.readableBytes == 0 { received = bytes } else { received.writeImmutableBuffer(bytes) }
            }
        }
        let body = try await work.run(
            for: api.user, bytes: Cleaner.work(received.readableBytes, response.headers)
        ) {
            try Cleaner.whole(received, of: response, scrubber: attempt.scrubber, most: most)
        }
        let retryAfter = response.headers.first(name: "retry-after").flatMap {
            RetryAfter.wait($0, now: clock.wall())
        }
        let answer = CollectedAnswer(
            status: status, headers: Sanitise.scrubbed(response.headers, attempt.scrubber), body: body,
            received: received.readableBytes, retryAfter: retryAfter, route: response.route, attempts: attempt.attempts)
        return Handled(status: status, retryAfter: retryAfter, isRateLimited: answer.isRateLimited, result: answer)
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

extension AuditRecord {
    /// Takes down how far a failed call came.
    mutating func note(_ failure: Failure) {
        route = failure.route ?? route
        if failure.attempts > 1 { attempts = failure.attempts }
    }

    /// Takes down what an API's answer stands for; nil where it is no error.
    mutating func note(_ code: ErrorCode?) {
        guard let code else { return }
        outcome = code.rawValue
        stage = Stage.origin.rawValue
    }
}

extension APIRoute {
    /// As a record has it before a session was found.
    var chosen: AuditRecord.Route { tunnel.map { .tunnel(id: $0, connector: nil, session: nil) } ?? .direct }
}
