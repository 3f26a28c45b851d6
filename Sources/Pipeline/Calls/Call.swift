import Audit
import Failure
package import NIOCore
import NIOHTTP1
import Registry

/// One call, raw or of a tool, from its request to its record. Confined to its caller's event loop.
///
/// Its stages are functions of ``Pipeline``; this is the one driver that takes every call through them. What can be had at
/// once is had at once, in the same turn of the loop: a call with a small body, one attempt, a credential at hand and a
/// session for it goes from socket to socket without a task. What has to be waited for (``later(_:_:)``) is waited for in a
/// task, and the call goes on here.
package final class Call {
    /// What is called.
    package enum Request: Sendable {
        case tool(ToolRequest)
        case raw(RawRequest)
    }

    let pipeline: Pipeline
    package let context: CallContext
    let loop: any EventLoop
    private let request: Request
    /// Until it has heard the last of the call.
    private(set) var sink: (any CallSink)?

    var record: AuditRecord
    var stages: StageClock
    /// What the answer's head says of limits.
    var fields: [ResponseField] = []
    /// The request that may be sent; known once the stages before sending are passed.
    var prepared: PreparedCall?
    private var places: Places?
    let counter = ByteCounter()

    // The attempts' state; see Call+Attempts.swift.
    var attempts: Attempts
    var choice = CredentialChoice.current
    var attempt = 1
    var resendings = 0
    /// Whether any attempt may have reached the API, whatever the last one did.
    var maySent = false
    var previous: Result<CollectedAnswer, CallFailure>?
    var current: RunningAttempt?

    /// - Parameters:
    ///   - loop: the caller's; everything is called on it.
    ///   - sink: hears what the call comes to.
    package init(
        _ request: Request, of pipeline: Pipeline, _ context: CallContext, on loop: any EventLoop, sink: any CallSink
    ) {
        self.request = request
        self.pipeline = pipeline
        self.context = context
        self.loop = loop
        self.sink = sink
        stages = StageClock(pipeline.clock.monotonic())
        // What an agent made up is cut: no name is longer.
        switch request {
        case .tool(let tool):
            record = pipeline.newRecord(
                context, slug: String(tool.api.slug.prefix(64)), endpoint: String(tool.endpoint.prefix(64)))
        case .raw(let raw):
            record = pipeline.newRecord(context, slug: String(raw.slug.prefix(64)), endpoint: nil)
        }
        attempts = Attempts(of: record)
    }

    /// Begins the call.
    package func start() {
        if case .now = pipeline.audit.admission() { return prepare() }
        let pipeline = pipeline
        later { () async -> CallFailure? in
            do throws(CallFailure) {
                try await pipeline.ensureRecordable()
                return nil
            } catch {
                return error
            }
        } then: { [self] refusal in
            if let refusal { fail(refusal) } else { prepare() }
        }
    }

    /// The caller has left: what is under way for them ends.
    package func cancel() {
        context.watch.callerLeft()
        current?.exchange?.cancel()
        current?.giveUp?()
    }

    // MARK: to a request that may be sent

    private func prepare() {
        do throws(CallFailure) {
            switch request {
            case .tool(let tool):
                switch tool.api {
                case .given(let api): try prepare(api)
                case .slug(let slug): try locate(slug)
                }
            case .raw(let raw): try locate(raw.slug)
            }
        } catch {
            fail(error)
        }
    }

    /// The first call of an API since the start waits until its definition is compiled.
    private func locate(_ slug: String) throws(CallFailure) {
        if let api = try pipeline.locateAtOnce(slug, for: context.token) { return try prepare(api) }
        let (pipeline, token) = (pipeline, context.token)
        later {
            await Self.outcome { try await pipeline.locate(slug, for: token) }
        } then: { [self] located in
            do throws(CallFailure) {
                try prepare(try located.get())
            } catch {
                fail(error)
            }
        }
    }

    private func prepare(_ api: CompiledAPI) throws(CallFailure) {
        switch request {
        case .tool(let tool): try prepare(tool, of: api)
        case .raw(let raw): try ready(pipeline.prepare(raw, of: api, context, &record, &fields))
        }
    }

    /// Arguments of many bytes are read away from the loop.
    private func prepare(_ tool: ToolRequest, of api: CompiledAPI) throws(CallFailure) {
        let endpoint = try pipeline.locate(tool.endpoint, in: api, &record)
        let (pipeline, context) = (pipeline, context)
        try work(bytes: tool.arguments.bytes, of: api) { () throws(CallFailure) -> PreparedCall in
            try pipeline.prepare(tool.arguments, endpoint, of: api, context)
        } then: { [self] prepared throws(CallFailure) in
            try ready(prepared)
        }
    }

    /// The request is known: it is judged, and taken from the limits.
    private func ready(_ prepared: PreparedCall) throws(CallFailure) {
        try pipeline.checkAllowed(prepared.request, by: prepared.api)
        places = try pipeline.takeLimits(prepared.api, context, &fields)
        if let invalid = prepared.invalid { throw invalid }
        self.prepared = prepared
        if case .whole(let bytes) = prepared.request.body { record.requestBytes = bytes.readableBytes }
        self.prepared?.request.body = counter.counting(prepared.request.body)
        attempts = Attempts(of: record)
        send()
    }

    // MARK: the end

    /// The call has an answer that is whole.
    func succeed(_ answer: CallAnswer) {
        end(sent: true) { [self] refusal in
            finish(refusal.map { .failed($0) } ?? answer)
        }
    }

    /// The call has none.
    func fail(_ failure: CallFailure) {
        var failure = failure
        failure.fields = fields
        record.kind = .call
        note(failure)
        end(sent: failure.sent) { [self] refusal in
            finish(.failed(refusal ?? failure))
        }
    }

    /// Takes down how a call failed.
    func note(_ failure: CallFailure) {
        record.outcome = failure.code.rawValue
        record.stage = failure.stage?.rawValue
        record.upstreamStatus = failure.upstreamStatus ?? record.upstreamStatus
        record.note(failure)
        if case .raw = request {
            record.requestBytes = counter.sent
            record.responseBytes = counter.received
        }
    }

    /// Writes down the last attempt, where the call's own record does not tell of it, and the call, and says whether both are
    /// durable.
    func end(sent: Bool, _ ended: @escaping (CallFailure?) -> Void) {
        giveBack()
        guard let last = attempts.last() else { return append(sent: sent, ended) }
        pipeline.recordAttempt(last, on: loop) { [self] refusal in
            if let refusal { ended(refusal) } else { append(sent: sent, ended) }
        }
    }

    /// - Parameter appended: may be called before this returns.
    private func append(sent: Bool, _ appended: @escaping (CallFailure?) -> Void) {
        record.times = stages.times(pipeline.clock.monotonic())
        pipeline.record(record, sent: sent, on: loop, appended)
    }

    private func giveBack() {
        if let places { pipeline.giveBack(places) }
        places = nil
    }

    private func finish(_ answer: CallAnswer) {
        let sink = sink
        self.sink = nil
        sink?.answered(stamped(answer))
    }

    /// A tool's answer says how long it took, and what the limits are.
    private func stamped(_ answer: CallAnswer) -> CallAnswer {
        guard case .tool(var tool) = answer else { return answer }
        tool.latency = Double(stages.total(pipeline.clock.monotonic())) / 1000
        tool.fields = fields
        return .tool(tool)
    }

    // MARK: a raw answer

    /// The head of a raw answer, and its body where that is whole, may leave once the record is durable.
    func pass(_ answer: RawAnswer, isStreamed: Bool) {
        record.kind = isStreamed ? .begin : .call
        var answer = answer
        for field in fields { answer.headers.add(name: field.name, value: field.value) }
        guard isStreamed else { return succeed(.raw(answer)) }
        append(sent: true) { [self, answer] refusal in
            if let refusal {
                breakOff(refusal)
                return fail(refusal)
            }
            record.kind = .end
            sink?.answered(.raw(answer))
        }
    }

    /// A streamed answer's body has been passed on, or could not be.
    ///
    /// - Parameter error: why not; a ``CallFailure`` of the API's, or anything else where it is the caller who left.
    package func passed(_ error: (any Error)?) {
        var sent = true
        if let error {
            let failure =
                error as? CallFailure
                ?? CallFailure(.cancelled, stage: .relay, detail: "The caller went away.", sent: true)
            breakOff(failure)
            note(failure)
            sent = failure.sent
        } else {
            record.note(current?.limit?.code)
            finishAttempt()
            record.requestBytes = counter.sent
            record.responseBytes = counter.received
        }
        record.time = pipeline.clock.wall()
        end(sent: sent) { [self] refusal in
            let sink = sink
            self.sink = nil
            sink?.ended(isWhole: error == nil && refusal == nil)
        }
    }

    // MARK: waiting

    /// Waits in a task for what cannot be had at once, and goes on here.
    func later<Value: Sendable>(
        _ wait: @escaping @Sendable () async -> Value, then: @escaping (Value) -> Void
    ) {
        let loop = loop
        let then = NIOLoopBound(then, eventLoop: loop)
        Task(executorPreference: EventLoopTaskExecutor(loop)) {
            let value = await wait()
            loop.execute { then.value(value) }
        }
    }

    /// Does a piece of work here, or away from the loop where it is long; a failure of either is the call's.
    ///
    /// - Parameter bytes: how much there is to do.
    func work<Value: Sendable>(
        bytes: Int, of api: CompiledAPI, _ body: @escaping @Sendable () throws(CallFailure) -> Value,
        then: @escaping (Value) throws(CallFailure) -> Void
    ) throws(CallFailure) {
        guard pipeline.work.isLong(bytes) else { return try then(try body()) }
        let pool = pipeline.work
        later {
            await Self.outcome { try await pool.run(for: api.user, bytes: bytes, body) }
        } then: { [self] result in
            do throws(CallFailure) {
                try then(try result.get())
            } catch {
                failWorking(error)
            }
        }
    }

    /// What a body comes to, as a value.
    static func outcome<Value: Sendable>(_ body: () async throws -> Value) async -> Result<Value, CallFailure> {
        do {
            return .success(try await body())
        } catch {
            return .failure(error as? CallFailure ?? Self.lost)
        }
    }

    static var lost: CallFailure {
        CallFailure(.internalError, stage: .relay, detail: "The relay failed.", sent: true)
    }
}
