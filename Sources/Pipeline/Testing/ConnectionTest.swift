import EgressPolicy
package import Failure
import NIOCore
package import Registry
package import Value
import Vault

/// One step of a connection test, as it ended.
package struct TestStep: Sendable, Hashable {
    package enum State: String, Sendable, Hashable {
        case ok, failed, skipped
    }

    /// `reachable`, `tls`, `authentication`; or `policy`, `endpoint` and `response_schema` of one endpoint.
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
    /// What a step lacks, if the caller can give it.
    package let needs: Need?
    /// The arguments or the credential's fields that are needed, where they have names.
    package let missing: [String]

    package enum Need: String, Sendable, Hashable {
        case arguments, confirm, credential
    }

    init(
        _ name: String, _ endpoint: String? = nil, _ state: State, _ detail: String, code: ErrorCode? = nil,
        upstreamStatus: Int? = nil, latency: Double? = nil, needs: Need? = nil, missing: [String] = []
    ) {
        self.name = name
        self.endpoint = endpoint
        self.state = state
        self.detail = detail
        self.code = code
        self.upstreamStatus = upstreamStatus
        self.latency = latency
        self.needs = needs
        self.missing = missing
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
    /// Tests an API over the route that its calls take: whether it is reached, by TLS, whether the connector's policy allows
    /// its endpoints, whether it takes the credential, and what each endpoint answers. The first of these are found out
    /// without a call, so that an API is tested of which nothing can be called. Calls are recorded like any other, each
    /// under a request id of its own whose parent is the test's.
    ///
    /// - Parameter report: hears of each step as it ends, in order.
    /// - Returns: whether all steps that were done went well.
    package func test(
        _ api: CompiledAPI, _ plan: TestPlan, _ context: CallContext, report: (TestStep) async throws -> Void
    ) async throws -> Bool {
        defer { if context.isDraft { forget(api: context.stateKey(api)) } }
        var test = ConnectionTest(
            isTLS: api.base.origin.scheme == .https, isTunnelled: api.route.tunnel != nil,
            hasCredential: !api.auth.credentials.isEmpty, missing: missingCredentials(of: api, context),
            validates: api.validation != .off)
        if api.endpoints.isEmpty {
            _ = test.probed(nil, await probe(nil, of: api, nil, .connect, context), isCalled: false)
        }
        for endpoint in api.endpoints {
            let choice = Self.choice(for: endpoint, plan, missing: test.missing(for: endpoint))
            let isAllowed = await tryWay(of: endpoint, api, choice, plan, &test, context)
            try await tell(&test, report)
            if !test.isOver {
                await call(endpoint, of: api, choice, isAllowed: isAllowed, &test, context)
                try await tell(&test, report)
            }
            // Nobody is there: the other endpoints would only say the same again.
            if test.isOver || context.watch.isGone { break }
        }
        test.finish()
        try await tell(&test, report)
        return test.isGood
    }

    private func tell(_ test: inout ConnectionTest, _ report: (TestStep) async throws -> Void) async throws {
        for step in test.takeEnded() { try await report(step) }
    }

    /// What can be found out before the endpoint is called, or where it is not.
    ///
    /// - Returns: whether a policy is known to allow it, or none to refuse it.
    private func tryWay(
        of endpoint: CompiledEndpoint, _ api: CompiledAPI, _ choice: Choice, _ plan: TestPlan,
        _ test: inout ConnectionTest, _ context: CallContext
    ) async -> Bool {
        var isAllowed = true
        if let depth = test.probeDepth(isCalled: choice.isCall) {
            let arguments = plan.arguments[endpoint.name] ?? endpoint.firstExample
            let outcome = await probe(endpoint, of: api, arguments, depth, context)
            isAllowed = test.probed(endpoint, outcome, isCalled: choice.isCall)
        }
        test.checkCredential()
        return isAllowed
    }

    private func call(
        _ endpoint: CompiledEndpoint, of api: CompiledAPI, _ choice: Choice, isAllowed: Bool,
        _ test: inout ConnectionTest, _ context: CallContext
    ) async {
        switch choice {
        case .skip(let need, let reason, let missing):
            test.ended.append(TestStep("endpoint", endpoint.name, .skipped, reason, needs: need, missing: missing))
        case .call where !isAllowed:
            test.notAllowed(endpoint)
        case .call(let arguments):
            let start = clock.monotonic()
            let result: Result<ToolAnswer, CallFailure>
            do throws(CallFailure) {
                result = .success(
                    try await callTool(
                        ToolRequest(api: .given(api), endpoint: endpoint.name, arguments: .value(arguments)),
                        context.child()))
            } catch {
                result = .failure(error)
            }
            test.called(endpoint, result, latency: Double((clock.monotonic() - start).nanoseconds / 1000) / 1000)
        }
    }

    /// What is done about one endpoint.
    private enum Choice {
        case call(JSON)
        case skip(TestStep.Need, String, missing: [String])

        var isCall: Bool { if case .call = self { true } else { false } }
    }

    private static func choice(for endpoint: CompiledEndpoint, _ plan: TestPlan, missing: [String]) -> Choice {
        guard endpoint.method == "GET" || endpoint.method == "HEAD" || plan.confirmsChanges else {
            return .skip(
                .confirm, "A \(endpoint.method) may change something; it is called only with \"confirm\": true.",
                missing: [])
        }
        let given = plan.arguments[endpoint.name] ?? endpoint.firstExample
        let needed =
            endpoint.parameters.contains { $0.isRequired && $0.schema["default"] == nil } || endpoint.requiresBody
        if given == nil, needed {
            return .skip(
                .arguments, "It needs arguments: give some, or write an example into the definition.",
                missing: (endpoint.arguments["required"]?.array ?? []).compactMap(\.string))
        }
        guard missing.isEmpty else {
            return .skip(.credential, "It is not called without its credential.", missing: missing)
        }
        return .call(given ?? [:])
    }

    /// The fields of the credentials that are not stored, or cannot be read: of the route, which every call needs, and of
    /// `authentication`.
    private func missingCredentials(of api: CompiledAPI, _ context: CallContext) -> ConnectionTest.Missing {
        func missing(_ credentials: [AuthPlan.Credential]) -> [String] {
            credentials.filter { credential in
                guard context.draftSecrets?[credential.reference] == nil else { return false }
                let place = try? VaultReference(user: credential.user, api: credential.api, field: credential.field)
                return place.flatMap { try? vault.open($0) } == nil
            }.map(\.field)
        }
        return .init(route: missing(api.route.credentials), authentication: missing(api.auth.credentials))
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
