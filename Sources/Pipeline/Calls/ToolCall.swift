import Audit
import EgressPolicy
import Logging
import NIOCore
import NIOHTTP1
import Registry
package import Value

/// What a tool call comes back with.
package struct ToolAnswer: Sendable {
    /// One JSON value, serialised.
    package var data: [UInt8]
    package var status: Int
    /// From the call's arrival to its answer, in milliseconds.
    package var latency: Double
    package var warnings: [String]
}

extension Pipeline {
    /// Calls an endpoint: arguments in, data out, or one typed failure.
    package func callTool(
        _ slug: String, _ endpointName: String, arguments: JSON, _ context: CallContext
    ) async throws(Failure) -> ToolAnswer {
        let start = clock.monotonic()
        var record = newRecord(context, slug: slug, endpoint: endpointName)
        try enter()
        defer { leave() }
        let result = await runTool(slug, endpointName, arguments, context, &record)
        record.times.append(.init("total", microseconds: microseconds(since: start)))
        switch result {
        case .success(var answer):
            try await self.record(record, sent: true)
            answer.latency = Double(microseconds(since: start)) / 1000
            return answer
        case .failure(let failure):
            record.outcome = failure.code.rawValue
            record.stage = failure.stage?.rawValue
            record.upstreamStatus = failure.upstreamStatus ?? record.upstreamStatus
            try await self.record(record, sent: failure.sent)
            throw failure
        }
    }

    func microseconds(since start: NIODeadline) -> Int {
        Int((clock.monotonic() - start).nanoseconds / 1000)
    }

    private func runTool(
        _ slug: String, _ endpointName: String, _ arguments: JSON, _ context: CallContext, _ record: inout AuditRecord
    ) async -> Result<ToolAnswer, Failure> {
        do {
            let api = try locate(slug, for: context.token)
            record.apiID = api.id
            let endpoint = try locate(endpointName, in: api)
            record.method = endpoint.method
            record.pathTemplate = endpoint.template.description
            try await admit()
            let bound = try BoundArguments(arguments, for: endpoint)
            var request = try render(bound, endpoint, of: api, context)
            try checkAllowed(request, by: api)
            if endpoint.sendsCredential { try inject(api.auth, into: &request) }
            if case .whole(let bytes) = request.body { record.requestBytes = bytes.readableBytes }
            let sent = clock.monotonic()
            let answered = try await routes(api).send(request, watch: context.watch) { response in
                (response.route, response.status, response.headers, try await self.collect(response))
            }
            record.times.append(.init("origin", microseconds: microseconds(since: sent)))
            let (route, status, headers, body) = answered
            record.route = route
            record.upstreamStatus = status
            record.responseBytes = body?.readableBytes ?? 0
            if let failure = Judge.failure(status: status, headers: headers, body: body) { return .failure(failure) }
            guard headers["content-encoding"].allSatisfy({ $0.lowercased() == "identity" }) else {
                return .failure(
                    Failure(
                        .upstreamError, stage: .origin, detail: "The API encoded its answer in a way not asked for.",
                        sent: true, upstreamStatus: status))
            }
            var warnings: [String] = []
            let data = Judge.data(body, headers, warnings: &warnings)
            return .success(ToolAnswer(data: data, status: status, latency: 0, warnings: warnings))
        } catch let failure as Failure {
            return .failure(failure)
        } catch {
            logger.error("call failed unexpectedly", metadata: ["error": "\(error)"])
            return .failure(Failure(.internalError, stage: .relay, detail: "The relay failed.", sent: true))
        }
    }

    /// The whole body, up to the limit.
    private func collect(_ response: InboundResponse) async throws -> ByteBuffer? {
        let tooLarge = Failure(
            .responseTooLarge, stage: .relay, detail: "The answer is larger than \(limits.responseBytes) bytes.",
            sent: true, upstreamStatus: response.status)
        switch response.body {
        case .whole(let bytes):
            guard bytes?.readableBytes ?? 0 <= limits.responseBytes else { throw tooLarge }
            return bytes
        case .streamed(let next):
            if let length = response.headers.first(name: "content-length").flatMap({ Int($0) }),
                length > limits.responseBytes
            {
                throw tooLarge
            }
            var all = ByteBuffer()
            while var chunk = try await next() {
                guard all.readableBytes + chunk.readableBytes <= limits.responseBytes else { throw tooLarge }
                all.writeBuffer(&chunk)
            }
            return all
        }
    }
}
