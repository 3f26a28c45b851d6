import Failure
import Registry

/// What the probes and calls of a connection test say of the connection. Pure.
struct ConnectionTest {
    /// Fields of credentials that are not there.
    struct Missing {
        /// Of the route: every call needs them.
        var route: [String] = []
        var authentication: [String] = []
    }

    let isTLS: Bool
    /// Whether a connector judges the calls too.
    let isTunnelled: Bool
    let hasCredential: Bool
    let missing: Missing
    /// Whether answers are held against their schemas.
    let validates: Bool
    /// Steps that have ended and have not been told.
    var ended: [TestStep] = []
    /// Nothing more can be learnt.
    private(set) var isOver = false
    private(set) var isGood = true
    /// Whether it makes sense to ask without a call.
    private var canProbe = true
    private var isReached = false
    private var isAuthenticated = false
    private var isRefused = false
    /// A call has had an answer of the API's.
    private var isAnswered = false

    init(isTLS: Bool, isTunnelled: Bool, hasCredential: Bool, missing: Missing, validates: Bool) {
        self.isTLS = isTLS
        self.isTunnelled = isTunnelled
        self.hasCredential = hasCredential
        self.missing = missing
        self.validates = validates
    }

    /// The fields that a call of the endpoint lacks.
    func missing(for endpoint: CompiledEndpoint) -> [String] {
        missing.route + (endpoint.sendsCredential ? missing.authentication : [])
    }

    // MARK: probes

    /// How much of an endpoint's way to probe before it is called or left alone; nil for nothing of it. What is called
    /// shows by itself whether it is allowed.
    func probeDepth(isCalled: Bool) -> ProbeDepth? {
        guard canProbe else { return nil }
        if !isReached { return .connect }
        return isCalled ? nil : .policy
    }

    /// A probe has ended.
    ///
    /// - Parameter isCalled: whether the endpoint is to be called next.
    /// - Returns: whether it may be.
    mutating func probed(_ endpoint: CompiledEndpoint?, _ outcome: ProbeOutcome, isCalled: Bool) -> Bool {
        switch outcome {
        case .passed(let latency):
            reached("The API's host takes connections.", latency)
            if isTunnelled, !isCalled, let endpoint {
                ended.append(
                    TestStep(
                        "policy", endpoint.name, .ok,
                        "The connector's policy allows a \(endpoint.method) of this path."))
            }
            return true
        case .refused(let failure):
            refused(endpoint, failure)
            return false
        case .failed(let failure) where isReached:
            isGood = false
            canProbe = false
            ended.append(TestStep("policy", endpoint?.name, .failed, failure.detail, code: failure.code))
            return true
        case .failed(let failure):
            notReached(failure)
            return false
        case .notUnderstood:
            canProbe = false
            ended.append(
                TestStep(
                    "policy", nil, .skipped,
                    "The tunnel's connector is too old to be asked without a call. Update penstock-connector."))
            return true
        }
    }

    private mutating func notReached(_ failure: CallFailure) {
        isGood = false
        isOver = true
        if failure.stage == .tls {
            ended.append(TestStep("reachable", nil, .ok, "The API's host answers."))
            ended.append(TestStep("tls", nil, .failed, failure.detail, code: failure.code))
        } else {
            ended.append(TestStep("reachable", nil, .failed, failure.detail, code: failure.code))
        }
    }

    private mutating func refused(_ endpoint: CompiledEndpoint?, _ failure: CallFailure) {
        isGood = false
        isRefused = true
        ended.append(TestStep("policy", endpoint?.name, .failed, failure.detail, code: failure.code))
    }

    /// An endpoint was not called, since no policy would let the call through.
    mutating func notAllowed(_ endpoint: CompiledEndpoint) {
        ended.append(
            TestStep("endpoint", endpoint.name, .skipped, "It can be called once the policy allows it."))
    }

    /// Says of a credential that is not there, once, whether or not anything would be called with it.
    mutating func checkCredential() {
        let fields = missing.route + missing.authentication
        guard !fields.isEmpty, !isAuthenticated else { return }
        isAuthenticated = true
        isGood = false
        ended.append(
            TestStep(
                "authentication", nil, .failed, "The API's credential is missing or cannot be read.",
                code: .credentialMissing, needs: .credential, missing: fields))
    }

    // MARK: steps

    mutating func takeEnded() -> [TestStep] {
        defer { ended = [] }
        return ended
    }

    /// A call has ended.
    mutating func called(_ endpoint: CompiledEndpoint, _ result: Result<ToolAnswer, CallFailure>, latency: Double) {
        switch result {
        case .success(let answer):
            isAnswered = true
            reached("The API answers.", latency)
            // An operation that sends none says nothing of the credential.
            if endpoint.sendsCredential || !hasCredential { authenticated() }
            ended.append(
                TestStep(
                    "endpoint", endpoint.name, .ok, "Answered \(answer.status).", upstreamStatus: answer.status,
                    latency: latency))
            guard endpoint.response != nil else { return }
            guard validates else {
                ended.append(
                    TestStep("response_schema", endpoint.name, .skipped, "The definition says validation: off."))
                return
            }
            guard let first = answer.mismatches.first else {
                ended.append(TestStep("response_schema", endpoint.name, .ok, "The answer matches its schema."))
                return
            }
            isGood = false
            ended.append(
                TestStep(
                    "response_schema", endpoint.name, .failed, "At \"\(first.pointer)\": \(first.message)",
                    code: .schemaMismatch))
        case .failure(let failure):
            failed(endpoint, failure, latency)
        }
    }

    private mutating func failed(_ endpoint: CompiledEndpoint, _ failure: CallFailure, _ latency: Double) {
        isGood = false
        if failure.code == .urlNotAllowed {
            refused(endpoint, failure)
            return notAllowed(endpoint)
        }
        if let status = failure.upstreamStatus {
            isAnswered = true
            reached("The API answers.", latency)
            if failure.code == .authenticationFailed { authentication(.failed, failure) }
            if failure.code == .schemaMismatch {
                if endpoint.sendsCredential || !hasCredential { authenticated() }
                ended.append(
                    TestStep(
                        "endpoint", endpoint.name, .ok, "Answered \(status).", upstreamStatus: status,
                        latency: latency))
                let first = failure.violations.first.map { " At \"\($0.pointer)\": \($0.message)" } ?? ""
                ended.append(
                    TestStep(
                        "response_schema", endpoint.name, .failed, failure.detail + first, code: failure.code))
                return
            }
        } else {
            switch failure.stage {
            case .dns, .tcp, .tunnel, .connector, .origin:
                let isNobodyThere = [.connectionRefused, .timeout, .tunnelOffline].contains(failure.code)
                if failure.stage == .origin, failure.code == .authenticationFailed {
                    authentication(.failed, failure)
                } else if isNobodyThere {
                    guard isReached else { return notReached(failure) }
                    // Connections are taken and nothing is answered: each of the others would take as long.
                    isOver = !isAnswered
                }
            case .tls:
                if !isReached { return notReached(failure) }
            default:
                break
            }
            if failure.code == .credentialMissing { authentication(.failed, failure) }
        }
        let first = failure.violations.first.map { " At \"\($0.pointer)\": \($0.message)" } ?? ""
        ended.append(
            TestStep(
                "endpoint", endpoint.name, .failed, failure.detail + first, code: failure.code,
                upstreamStatus: failure.upstreamStatus, latency: latency))
    }

    /// Says of what was not learnt that it was not.
    mutating func finish() {
        checkCredential()
        guard !isOver else { return }
        guard isReached else {
            isGood = false
            let reason =
                isRefused
                ? "No request is allowed, so the API's host was not tried."
                : "No endpoint could be called, and the tunnel's connector is too old to be asked without."
            ended.append(TestStep("reachable", nil, .skipped, reason))
            return
        }
        guard !isAuthenticated else { return }
        ended.append(
            TestStep(
                "authentication", nil, .skipped,
                hasCredential
                    ? "No call has shown whether the API takes the credential." : "The API needs no credential."))
    }

    private mutating func reached(_ detail: String, _ latency: Double?) {
        guard !isReached else { return }
        isReached = true
        ended.append(TestStep("reachable", nil, .ok, detail, latency: latency))
        ended.append(
            isTLS
                ? TestStep("tls", nil, .ok, "The certificate was accepted.")
                : TestStep("tls", nil, .skipped, "The API is called over plain HTTP, inside the tunnel."))
    }

    private mutating func authenticated() {
        guard !isAuthenticated else { return }
        isAuthenticated = true
        ended.append(
            hasCredential
                ? TestStep("authentication", nil, .ok, "The API took the credential.")
                : TestStep("authentication", nil, .skipped, "The API needs no credential."))
    }

    private mutating func authentication(_ state: TestStep.State, _ failure: CallFailure) {
        guard !isAuthenticated else { return }
        isAuthenticated = true
        ended.append(
            TestStep(
                "authentication", nil, state, failure.detail, code: failure.code,
                upstreamStatus: failure.upstreamStatus))
    }
}
