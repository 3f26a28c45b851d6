package import Administration
import Failure
import HTTPTypes
import Hummingbird
package import HummingbirdCore
package import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
package import Pipeline
import Registry
import Synchronization
import Value

/// Answers the two requests that agents make all day, tool calls and raw ones, without the router between: a raw request's
/// body streams both ways within one task.
package struct CallResponder: Sendable {
    package struct Limits: Sendable {
        /// A tool call's arguments, in bytes.
        package var requestBytes: Int

        package init(requestBytes: Int) { self.requestBytes = requestBytes }
    }

    private let pipeline: Pipeline
    private let administration: Administration
    private let limits: Limits
    private let watches = CallerWatches()

    /// A raw request's body up to this size is sent in one piece.
    private static let wholeBody = 64 << 10

    package init(pipeline: Pipeline, administration: Administration, limits: Limits) {
        self.pipeline = pipeline
        self.administration = administration
        self.limits = limits
    }

    /// What a request is, where it is one of the two.
    private enum Kind {
        case tool(slug: String, endpoint: String)
        case proxy(slug: String, target: String)
    }

    private static func kind(of request: Request) -> Kind? {
        let target = request.head.path ?? ""
        if target.hasPrefix("/v1/proxy/") {
            let rest = target.dropFirst("/v1/proxy/".count)
            let slug = rest.prefix { $0 != "/" && $0 != "?" }
            let tail = rest.dropFirst(slug.count)
            return .proxy(slug: String(slug), target: String(tail))
        }
        guard request.method == .post, target.hasPrefix("/v1/tools/") else { return nil }
        let path = target.prefix { $0 != "?" }
        let parts = path.dropFirst("/v1/tools/".count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        return .tool(slug: String(parts[0]), endpoint: String(parts[1]))
    }

    /// A tool call takes no query: what stands there was meant for the arguments.
    private static func checkQuery(of request: Request) throws(CallFailure) {
        let names = Set(request.uri.queryParameters.map { String($0.key.prefix(64)) }).sorted().prefix(20)
        guard !names.isEmpty else { return }
        throw CallFailure(
            .invalidRequest, stage: .validation,
            detail:
                "Unknown query fields: \(names.joined(separator: ", ")). Arguments are one JSON object in the body.",
            violations: names.map {
                .init(pointer: JSONPointer.root.appending($0).description, message: "This query field is unknown.")
            })
    }

    /// Whether the request is answered here.
    package static func handles(_ request: Request) -> Bool {
        kind(of: request) != nil
    }

    package func respond(
        to request: Request, _ writer: consuming ResponseWriter, on channel: any Channel
    ) async throws {
        let requestID = RequestID.generate().description
        let body = BodyReader(request.body)
        let token: Token
        do throws(CallFailure) {
            token = try Authentication.token(request.headers, administration)
        } catch {
            return try await refuse(error, requestID, request, body, writer, channel)
        }
        // Only who may call is asked for a body.
        try await writer.askForBody(of: request)
        let context = CallContext(
            token: token, requestID: requestID, watch: watches.watch(for: channel),
            traceparent: HTTPField.Name("traceparent").flatMap { request.headers[$0] })
        switch Self.kind(of: request) {
        case .tool(let slug, let endpoint):
            try await tool(slug, endpoint, context, request, body, writer, channel)
        case .proxy(let slug, let target):
            try await proxy(slug, target, context, request, body, writer, channel)
        case nil:
            let failure = CallFailure(.endpointNotFound, stage: .relay, detail: "There is no such resource.")
            try await refuse(failure, requestID, request, body, writer, channel)
        }
    }

    // MARK: tools

    private func tool(
        _ slug: String, _ endpoint: String, _ context: CallContext, _ request: Request,
        _ body: BodyReader, _ writer: consuming ResponseWriter, _ channel: any Channel
    ) async throws {
        let arguments: ToolArguments
        do {
            arguments = try await self.arguments(of: request, body)
        } catch let failure as CallFailure {
            return try await refuse(failure, context.requestID, request, body, writer, channel)
        }
        let answer: ToolAnswer
        do throws(CallFailure) {
            answer = try await pipeline.callTool(slug, endpoint, arguments: arguments, context)
        } catch {
            return try await write(Problem(error, requestID: context.requestID), to: request, writer)
        }
        var head = HTTPResponse(
            status: .ok,
            headerFields: [
                .contentType: "application/json", .cacheControl: "no-store", Self.requestID: context.requestID,
            ])
        head.headerFields.append(answer.fields)
        let whole = ResponseBody(byteBuffer: Self.body(answer, requestID: context.requestID))
        let sent = Compression.apply(
            to: &head.headerFields, whole, for: request, on: pipeline.work,
            user: context.token.user ?? context.token.id)
        try await writer.write(response: head, body: sent)
    }

    private static let requestID = HTTPField.Name("x-request-id") ?? .server

    private func arguments(of request: Request, _ body: BodyReader) async throws -> ToolArguments {
        try Self.checkQuery(of: request)
        let tooLarge = CallFailure(
            .invalidRequest, stage: .relay, detail: "The arguments are larger than \(limits.requestBytes) bytes.")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limits.requestBytes {
            throw tooLarge
        }
        guard let bytes = try await body.collect(upTo: limits.requestBytes) else { throw tooLarge }
        return .text(bytes)
    }

    private static func body(_ answer: ToolAnswer, requestID: String) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(answer.data.count + 160)
        buffer.writeStaticString(#"{"data":"#)
        buffer.writeBytes(answer.data)
        // Milliseconds to a tenth, without the cost of formatting a floating-point number.
        let tenths = Int((answer.latency * 10).rounded())
        let warnings = JSON.array(answer.warnings.map { .string($0) }).text()
        buffer.writeString(
            #","status":\#(answer.status),"request_id":"\#(requestID)","latency_ms":\#(tenths / 10).\#(tenths % 10)"#)
        if !answer.headers.isEmpty { buffer.writeString(#","headers":\#(JSON.object(answer.headers).text())"#) }
        buffer.writeString(#","warnings":\#(warnings)}"#)
        return buffer
    }

    // MARK: proxy

    private func proxy(
        _ slug: String, _ target: String, _ context: CallContext, _ request: Request,
        _ body: BodyReader, _ writer: consuming ResponseWriter, _ channel: any Channel
    ) async throws {
        let outbound = try await Self.outbound(request, body)
        let proxied = ProxyRequest(
            slug: slug, method: request.method.rawValue, target: target, headers: HTTPHeaders(request.headers),
            body: outbound)
        var slot: ResponseWriter? = consume writer
        do {
            try await pipeline.proxy(proxied, context) { answer in
                guard let writer = slot.take() else { return }
                Self.endConnection(channel, after: body)
                try await Self.write(answer, requestID: context.requestID, writer)
            }
        } catch let failure as CallFailure {
            guard let writer = slot.take() else { throw failure }
            return try await refuse(failure, context.requestID, request, body, writer, channel)
        } catch is Pipeline.AnswerBroken {
            // The head has left: only breaking the connection can tell the caller that the body is not whole.
            channel.close(promise: nil)
        }
    }

    private static func outbound(_ request: Request, _ body: BodyReader) async throws -> OutboundBody {
        let length = request.headers[.contentLength].flatMap { Int($0) }
        if length == 0 { return .none }
        if let length, length <= wholeBody, let whole = try await body.collect(upTo: wholeBody) { return .whole(whole) }
        if length == nil, request.headers[.transferEncoding] == nil,
            ![.post, .put, .patch].contains(request.method)
        {
            // HTTP/2 need not say beforehand whether there is a body, of whatever method: the end of the stream does, and
            // where there is no body, it has come with the head.
            guard let first = try await body.nextBytes() else { return .none }
            let rest = Mutex<ByteBuffer?>(first)
            return .streamed {
                if let first = rest.withLock({ $0.take() }) { return first }
                return try await body.next()
            }
        }
        return .streamed { try await body.next() }
    }

    private static func write(
        _ answer: ProxyAnswer, requestID: String, _ writer: consuming ResponseWriter
    ) async throws {
        var fields = HTTPFields(answer.headers, splitCookie: false)
        fields[Self.requestID] = requestID
        let head = HTTPResponse(status: .init(code: answer.status), headerFields: fields)
        switch answer.body {
        case .whole(let bytes):
            try await writer.write(response: head, body: bytes.map { ResponseBody(byteBuffer: $0) } ?? ResponseBody())
        case .streamed(let next):
            var body = try await writer.writeHead(head)
            while let chunk = try await next() { try await body.write(chunk) }
            try await body.finish(nil)
        }
    }

    // MARK: refusals

    private func write(_ problem: Problem, to request: Request, _ writer: consuming ResponseWriter) async throws {
        var response = problem.response()
        response.headers[Self.requestID] = problem.requestID
        // Whatever followed the head would be taken for the next answer (RFC 9110, section 9.3.2).
        let body = request.method == .head ? ResponseBody() : response.body
        try await writer.write(response: response.head, body: body)
    }

    /// Answers a request whose body may not have come yet; the port reads past it.
    private func refuse(
        _ failure: CallFailure, _ requestID: String, _ request: Request, _ body: BodyReader,
        _ writer: consuming ResponseWriter, _ channel: any Channel
    ) async throws {
        Self.endConnection(channel, after: body)
        try await write(Problem(failure, requestID: requestID), to: request, writer)
    }

    /// Makes an answer that leaves part of its request unread its connection's last one: who breaks off reading a body
    /// cannot find where it ends.
    private static func endConnection(_ channel: any Channel, after body: BodyReader) {
        if body.isUnderWay { channel.triggerUserOutboundEvent(LastAnswer.next, promise: nil) }
    }
}
