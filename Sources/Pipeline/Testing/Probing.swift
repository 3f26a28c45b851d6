import Audit
import EgressPolicy
import Failure
import NIOCore
import Registry
import Value
import Vault

/// What a probe of one endpoint's way found.
enum ProbeOutcome: Sendable {
    /// All that was tried is well. In milliseconds, where something was sent.
    case passed(latency: Double?)
    /// A policy does not allow the request: the API's own allowlist, or the connector's file.
    case refused(CallFailure)
    /// The way is not open.
    case failed(CallFailure)
    /// The connector is of a version that would take the probe for a call.
    case notUnderstood
}

/// Trying the way to an API without calling it.
extension Pipeline {
    /// How often a probe is sent again where its session was closing.
    private static let mostProbes = 3
    /// A probe waits for no longer, whatever the API may take for a call.
    private static let longestProbe = TimeAmount.seconds(30)

    /// Probes the way of one endpoint's requests. What leaves for it is recorded as an attempt of the test; it counts as a
    /// call in flight, and against no rate, and says nothing to the circuit breaker.
    ///
    /// - Parameters:
    ///   - endpoint: nil for a GET of the base URL.
    ///   - arguments: the test's for this endpoint, if there are any. Its path is judged with them; where they lack a part of
    ///     it, with a placeholder.
    func probe(
        _ endpoint: CompiledEndpoint?, of api: CompiledAPI, _ arguments: JSON?, _ depth: ProbeDepth,
        _ context: CallContext
    ) async -> ProbeOutcome {
        let request: OutboundRequest
        do throws(CallFailure) {
            request = try probeRequest(endpoint, of: api, arguments, context)
            try checkAllowed(request, by: api)
        } catch {
            return .refused(error)
        }
        guard depth == .connect || api.route.tunnel != nil else { return .passed(latency: nil) }
        do throws(CallFailure) {
            try await ensureRecordable()
            let places = try takePlaces(api, context)
            defer { giveBack(places) }
            return try await send(request, endpoint, of: api, depth, context)
        } catch {
            return error.code == .urlNotAllowed && error.stage == .connector ? .refused(error) : .failed(error)
        }
    }

    /// Sends a probe, again where its session did not take it, and records each time.
    private func send(
        _ request: OutboundRequest, _ endpoint: CompiledEndpoint?, of api: CompiledAPI, _ depth: ProbeDepth,
        _ context: CallContext
    ) async throws(CallFailure) -> ProbeOutcome {
        var request = request
        var left = Self.mostProbes
        while true {
            left -= 1
            try checkCurrent(api, context)
            var record = newRecord(context, slug: api.slug, endpoint: endpoint?.name)
            record.kind = .attempt
            record.requestID = request.requestID
            record.parent = context.requestID
            record.apiID = api.id
            record.action = "probe"
            record.method = request.method
            record.pathTemplate = endpoint?.template.description
            record.route = api.route.chosen
            let start = clock.monotonic()
            let answer: Result<ProbeAnswer, CallFailure>
            do {
                answer = .success(try await routes.api(api, context).probe(request, depth, watch: context.watch))
            } catch let error as CallFailure {
                answer = .failure(error)
            } catch {
                answer = .failure(CallFailure(.cancelled, stage: .relay, detail: "The caller went away."))
            }
            switch answer {
            case .success(.notUnderstood):
                // Nothing was sent.
                return .notUnderstood
            case .success(.passed(let passed)):
                record.route = passed.route
                try await recordAttempt(record)
                if let ends = passed.certificateEnds, !context.isDraft {
                    health.saw(certificateEnding: ends, api: api.id, user: api.user, now: clock.wall())
                }
                return .passed(latency: Double((clock.monotonic() - start).nanoseconds / 1000) / 1000)
            case .failure(let failure):
                record.outcome = failure.code.rawValue
                record.stage = failure.stage?.rawValue
                record.note(failure)
                try await recordAttempt(record)
                guard failure.mayResend, left > 0, !context.watch.isGone else { throw failure }
                request.requestID = RequestID.generate().description
            }
        }
    }

    /// A request of the endpoint as far as policies judge it: method and path, without query, credential or body.
    private func probeRequest(
        _ endpoint: CompiledEndpoint?, of api: CompiledAPI, _ arguments: JSON?, _ context: CallContext
    ) throws(CallFailure) -> OutboundRequest {
        var target: String
        do throws(ParameterError) {
            target = try Self.prefix(of: api)
            if let endpoint { target += try Self.probePath(of: endpoint, of: api, arguments) }
        } catch {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "No path can be made for this endpoint without arguments.")
        }
        if !target.hasPrefix("/") { target = "/" + target }
        // A URL's secret is not for those who only judge.
        target = SecretPlace.filled(target, with: Self.placeholder) ?? target
        var request = OutboundRequest(
            method: endpoint?.method ?? "GET", origin: api.base.origin, target: target,
            allowsEncodedSlash: !(endpoint?.slashParameters.isEmpty ?? true),
            requestID: RequestID.generate().description,
            deadline: clock.monotonic() + min(TimeAmount(api.timeout), Self.longestProbe))
        request.parentID = context.requestID
        return request
    }

    private static func probePath(
        of endpoint: CompiledEndpoint, of api: CompiledAPI, _ arguments: JSON?
    ) throws(ParameterError) -> String {
        var rendering = ParameterRendering()
        for parameter in endpoint.parameters where parameter.location == .path {
            let given =
                arguments?[parameter.argument] ?? parameter.sentDefault ?? parameter.schema["default"]
                ?? parameter.schema["example"] ?? parameter.schema["enum"]?.array?.first
            let value = given.flatMap { ParameterValue($0, of: parameter) } ?? .scalar(placeholder)
            do throws(ParameterError) {
                try rendering.add(value, as: parameter.format)
            } catch {
                try rendering.add(.scalar(placeholder), as: parameter.format)
            }
        }
        if endpoint.template.names.contains(SecretPlace.name), api.auth.url != nil {
            try rendering.add(.scalar(SecretPlace.placeholder), as: secretFormat)
        }
        return try rendering.target(endpoint.template)
    }

    /// Stands for a part of a path that nobody has given.
    private static let placeholder = "1"
}
