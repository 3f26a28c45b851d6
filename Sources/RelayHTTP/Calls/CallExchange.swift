import Failure
import NIOCore
import NIOHTTP1
import Pipeline
import Registry
import Value

/// One call's request and answer, between its client and the pipeline. Confined to the client's event loop.
final class CallExchange: FrontExchange, CallSink {
    private enum Reading {
        /// Nothing is done with the body until it is known to be there, or to be whole.
        case awaited
        /// It is gathered, up to so many bytes.
        case gathering(ByteBuffer?, limit: Int)
        /// It goes to the API while it comes.
        case streaming(RequestBodyStream)
        case over
    }

    private let target: CallTarget
    private let request: FrontRequest
    private let service: CallService
    private let client: any FrontClient
    private let loop: any EventLoop
    private let requestID = RequestID.generate().description
    private var context: CallContext?
    private var reading = Reading.awaited
    /// Why the call is not made. Whoever has sent all of their request hears it on a connection that goes on.
    private var refusal: CallFailure?
    private var call: Call?
    /// A piece of a streamed answer waits until more may be written.
    private var waiting: CheckedContinuation<Void, any Error>?
    private var hasLeft = false
    /// The end of a streamed answer was written: the connection may be the next request's.
    private var hasEnded = false

    /// A raw request's body up to this size is sent in one piece.
    private static let wholeBody = 64 << 10

    init(_ target: CallTarget, _ request: FrontRequest, of service: CallService, for client: any FrontClient) {
        self.target = target
        self.request = request
        self.service = service
        self.client = client
        loop = client.eventLoop
    }

    // MARK: the request

    /// Finds out who calls, before any body is read.
    func begin() {
        do throws(CallFailure) {
            // Two are none.
            let fields = request.headers["authorization"]
            let token = try Authentication.token(fields.count == 1 ? fields[0] : nil, service.administration)
            context = CallContext(
                token: token, requestID: requestID, watch: client.watch,
                traceparent: request.headers.first(name: "traceparent"))
            try prepareToRead()
        } catch {
            refusal = error
            reading = .over
            return
        }
        // Only who may call is asked for a body.
        client.askForBody()
    }

    private func prepareToRead() throws(CallFailure) {
        let length = request.headers.first(name: "content-length").flatMap { Int($0) }
        switch target {
        case .tool(_, _, let query):
            if let refusal = CallTarget.refusal(ofQuery: query) { throw refusal }
            let most = service.limits.requestBytes
            if let length, length > most { throw tooLarge }
            reading = .gathering(nil, limit: most)
        case .raw:
            // HTTP/2 need not say beforehand whether there is a body: there the end of the stream says it.
            if let length, length <= Self.wholeBody {
                reading = .gathering(nil, limit: Self.wholeBody)
            } else if length != nil || request.headers.contains(name: "transfer-encoding") {
                stream(nil)
            }
        }
    }

    private var tooLarge: CallFailure {
        CallFailure(
            .invalidRequest, stage: .relay,
            detail: "The arguments are larger than \(service.limits.requestBytes) bytes.")
    }

    func received(_ bytes: ByteBuffer) {
        switch reading {
        case .awaited:
            // Some clients' last piece is empty.
            if bytes.readableBytes > 0 { stream(bytes) }
        case .gathering(nil, let limit):
            guard bytes.readableBytes <= limit else { return refuse(tooLarge) }
            reading = .gathering(bytes, limit: limit)
        case .gathering(var gathered?, let limit):
            guard gathered.readableBytes + bytes.readableBytes <= limit else { return refuse(tooLarge) }
            reading = .over
            gathered.writeImmutableBuffer(bytes)
            reading = .gathering(gathered, limit: limit)
        case .streaming(let stream):
            if !stream.add(bytes) { client.read(false) }
        case .over:
            break
        }
    }

    func receivedEnd() {
        if let refusal { return refuse(refusal) }
        switch reading {
        case .awaited:
            reading = .over
            start(.none)
        case .gathering(let bytes, _):
            reading = .over
            start(bytes.map { .whole($0) } ?? .none)
        case .streaming(let stream):
            stream.end()
        case .over:
            break
        }
    }

    func receivedAll() {
        if let refusal { return refuse(refusal) }
        // What these send has a body, and whoever sends it may wait for the answer's head first.
        if case .awaited = reading, ["POST", "PUT", "PATCH"].contains(request.method) { stream(nil) }
    }

    /// A body whose length is large or not known: the call begins with what there is of it.
    private func stream(_ first: ByteBuffer?) {
        let client = NIOLoopBound(client, eventLoop: loop)
        let stream = RequestBodyStream(on: loop) { client.value.read(true) }
        reading = .streaming(stream)
        if let first, !stream.add(first) { self.client.read(false) }
        start(.streamed { try await stream.next() })
    }

    // MARK: the call

    private func start(_ body: OutboundBody) {
        guard let context else { return }
        let request: Call.Request
        switch target {
        case .tool(let slug, let endpoint, _):
            var text = ByteBuffer()
            if case .whole(let bytes) = body { text = bytes }
            request = .tool(ToolRequest(api: .slug(slug), endpoint: endpoint, arguments: .text(text)))
        case .raw(let slug, let target):
            request = .raw(
                RawRequest(
                    slug: slug, method: self.request.method, target: target, headers: self.request.headers, body: body))
        }
        let call = Call(request, of: service.pipeline, context, on: loop, sink: self)
        self.call = call
        call.start()
    }

    func clientLeft() {
        hasLeft = true
        if case .streaming(let stream) = reading { stream.abandon() }
        reading = .over
        call?.cancel()
        resume(throwing: CancellationError())
    }

    // MARK: the answer

    func answered(_ answer: CallAnswer) {
        switch answer {
        case .tool(let answer):
            call = nil
            write(answer)
        case .raw(let answer):
            write(answer)
        case .failed(let failure):
            call = nil
            refuse(failure)
        }
    }

    private func write(_ answer: ToolAnswer) {
        guard !hasLeft else { return endReading() }
        var headers: HTTPHeaders = [
            "content-type": "application/json", "cache-control": "no-store", "x-request-id": requestID,
        ]
        for field in answer.fields { headers.add(name: field.name, value: field.value) }
        let body = Self.body(answer, requestID: requestID)
        headers.add(name: "vary", value: "accept-encoding")
        guard Compression.pays(for: body.readableBytes, request.headers) else { return finish(200, headers, body) }
        let user = context.map { $0.token.user ?? $0.token.id } ?? ""
        Compression.compress(body, for: user, service.pipeline.work, on: loop) {
            [self, headers] compressed in
            guard let compressed else { return finish(200, headers, body) }
            var headers = headers
            headers.add(name: "content-encoding", value: "gzip")
            finish(200, headers, compressed)
        }
    }

    /// Answers whole, and is over.
    private func finish(_ status: Int, _ headers: HTTPHeaders, _ body: ByteBuffer?) {
        endReading()
        guard !hasLeft else { return }
        var headers = headers
        let mayHaveBody = status >= 200 && status != 204 && status != 304 && request.method != "HEAD"
        if mayHaveBody, !headers.contains(name: "content-length") {
            headers.add(name: "content-length", value: String(body?.readableBytes ?? 0))
        }
        client.answer(status, headers, body)
    }

    private func endReading() {
        if case .streaming(let stream) = reading { stream.abandon() }
        reading = .over
    }

    private static func body(_ answer: ToolAnswer, requestID: String) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(answer.data.count + 160)
        buffer.writeStaticString(#"{"data":"#)
        buffer.writeBytes(answer.data)
        // Milliseconds to a tenth, without the cost of formatting a floating-point number.
        let tenths = Int((answer.latency * 10).rounded())
        buffer.writeString(
            #","status":\#(answer.status),"request_id":"\#(requestID)","latency_ms":\#(tenths / 10).\#(tenths % 10)"#)
        if !answer.headers.isEmpty { buffer.writeString(#","headers":\#(JSON.object(answer.headers).text())"#) }
        if answer.warnings.isEmpty {
            buffer.writeStaticString(#","warnings":[]}"#)
        } else {
            let warnings = JSON.array(answer.warnings.map { .string($0) }).text()
            buffer.writeString(#","warnings":\#(warnings)}"#)
        }
        return buffer
    }

    private func refuse(_ failure: CallFailure) {
        refusal = nil
        let problem = Problem(failure, requestID: requestID)
        var headers = problem.headers
        headers.add(name: "x-request-id", value: requestID)
        finish(problem.status, headers, ByteBuffer(bytes: problem.bytes()))
    }

    // MARK: raw answers

    private func write(_ answer: RawAnswer) {
        var headers = answer.headers
        headers.replaceOrAdd(name: "x-request-id", value: requestID)
        switch answer.body {
        case .whole(let bytes):
            call = nil
            finish(answer.status, headers, bytes)
        case .streamed(let next):
            guard !hasLeft else {
                call?.passed(CancellationError())
                return
            }
            client.begin(answer.status, headers)
            client.flush()
            pump(next)
        }
    }

    /// Passes a streamed body on, as fast as the client takes it.
    private func pump(_ next: @escaping @Sendable () async throws -> ByteBuffer?) {
        let loop = loop
        let bound = NIOLoopBound(self, eventLoop: loop)
        Task(executorPreference: EventLoopTaskExecutor(loop)) {
            var broken: (any Error)?
            do {
                while let bytes = try await next() {
                    try await withCheckedThrowingContinuation { continuation in
                        if loop.inEventLoop {
                            bound.value.write(bytes, continuation)
                        } else {
                            loop.execute { bound.value.write(bytes, continuation) }
                        }
                    }
                }
            } catch {
                broken = error
            }
            let error = broken
            loop.execute { bound.value.passed(error) }
        }
    }

    private func write(_ bytes: ByteBuffer, _ continuation: CheckedContinuation<Void, any Error>) {
        guard !hasLeft else { return continuation.resume(throwing: CancellationError()) }
        client.write(bytes)
        client.flush()
        // A socket that turns out to be broken tells so from within.
        guard !hasLeft else { return continuation.resume(throwing: CancellationError()) }
        if client.isWritable { continuation.resume() } else { waiting = continuation }
    }

    func writabilityChanged() {
        guard client.isWritable, let waiting else { return }
        self.waiting = nil
        waiting.resume()
    }

    private func resume(throwing error: any Error) {
        let waiting = waiting
        self.waiting = nil
        waiting?.resume(throwing: error)
    }

    private func passed(_ error: (any Error)?) {
        endReading()
        if error == nil, !hasLeft {
            hasEnded = true
            client.end()
        }
        call?.passed(error)
    }

    func ended(isWhole: Bool) {
        call = nil
        // The head has left: only breaking the connection can tell the caller that the body is not whole.
        if !isWhole, !hasLeft, !hasEnded { client.abort() }
    }
}
