import EgressPolicy
import NIOCore
package import Registry
package import Value

/// One step of a connection test, as it ended.
package struct TestStep: Sendable, Hashable {
    package enum State: String, Sendable, Hashable {
        case ok, failed, skipped
    }

    /// `reachable`, `tls`, `authentication`, or `endpoint` and `response_schema` of one endpoint.
    package let name: String
    /// The endpoint it is about, if any.
    package let endpoint: String?
    package let state: State
    /// One sentence for people.
    package let detail: String
    /// The failure's code, where it failed.
    package let code: ErrorCode?
    package let upstreamStatus: Int?
    /// In milliseconds, where something was sent.
    package let latency: Double?
    /// What a step that was skipped lacks, if the caller can give it.
    package let needs: Need?

    package enum Need: String, Sendable, Hashable {
        case arguments, confirm
    }

    init(
        _ name: String, _ endpoint: String? = nil, _ state: State, _ detail: String, code: ErrorCode? = nil,
        upstreamStatus: Int? = nil, latency: Double? = nil, needs: Need? = nil
    ) {
        self.name = name
        self.endpoint = endpoint
        self.state = state
        self.detail = detail
        self.code = code
        self.upstreamStatus = upstreamStatus
        self.latency = latency
        self.needs = needs
    }
}

/// What a connection test is to do.
package struct TestPlan: Sendable {
    /// Endpoints that may change something at the API are called too.
    package var confirmsChanges = false
    /// Arguments by endpoint; an endpoint that has none here is called with its first example.
    package var arguments: [String: JSON] = [:]

    package init() {}
}

extension Pipeline {
    /// Tests an API over the route that its calls take: whether it is reached, by TLS, whether it takes the credential, and
    /// what each endpoint answers. Its calls are recorded like any other, each under a request id of its own whose parent is
    /// the test's.
    ///
    /// - Parameter report: hears of each step as it ends, in order.
    /// - Returns: whether all steps that were done went well.
    package func test(
        _ api: CompiledAPI, _ plan: TestPlan, _ context: CallContext, report: (TestStep) async throws -> Void
    ) async throws -> Bool {
        defer { if context.isDraft { forget(api: context.stateKey(api)) } }
        var test = ConnectionTest(
            isTLS: api.base.origin.scheme == .https, hasCredential: !api.auth.credentials.isEmpty,
            validates: api.validation != .off)
        for endpoint in api.endpoints {
            switch Self.arguments(for: endpoint, plan) {
            case .skip(let need, let reason):
                test.ended.append(TestStep("endpoint", endpoint.name, .skipped, reason, needs: need))
            case .call(let arguments):
                let start = clock.monotonic()
                let result: Result<ToolAnswer, Failure>
                do throws(Failure) {
                    result = .success(
                        try await callTool(
                            ToolRequest(api: .given(api), endpoint: endpoint.name, arguments: .value(arguments)),
                            context.child()))
                } catch {
                    result = .failure(error)
                }
                test.called(endpoint, result, latency: Double((clock.monotonic() - start).nanoseconds / 1000) / 1000)
            }
            for step in test.takeEnded() { try await report(step) }
            // Nobody is there: the other endpoints would only say the same again.
            if test.isOver || context.watch.isGone { break }
        }
        test.finish()
        for step in test.takeEnded() { try await report(step) }
        return test.isGood
    }

    private enum Arguments {
        case call(JSON)
        case skip(TestStep.Need, String)
    }

    private static func arguments(for endpoint: CompiledEndpoint, _ plan: TestPlan) -> Arguments {
        guard endpoint.method == "GET" || endpoint.method == "HEAD" || plan.confirmsChanges else {
            return .skip(
                .confirm, "A \(endpoint.method) may change something; it is called only with \"confirm\": true.")
        }
        if let given = plan.arguments[endpoint.name] { return .call(given) }
        if let example = endpoint.firstExample { return .call(example) }
        let needed =
            endpoint.parameters.contains { $0.isRequired && $0.schema["default"] == nil } || endpoint.requiresBody
        return needed
            ? .skip(.arguments, "It needs arguments: give some, or write an example into the definition.") : .call([:])
    }
}

extension CompiledEndpoint {
    /// The arguments of the first example: a list of argument objects, or OpenAPI's map of named `value`s.
    fileprivate var firstExample: JSON? {
        guard let first = examples?.array?.first ?? examples?.object?.first?.value, first.object != nil else {
            return nil
        }
        return first["arguments"] ?? first["value"] ?? first
    }
}
