import Registry

/// What the calls of a connection test say of the connection. Pure.
struct ConnectionTest {
    let isTLS: Bool
    let hasCredential: Bool
    /// Whether answers are held against their schemas.
    let validates: Bool
    /// Steps that have ended and have not been told.
    var ended: [TestStep] = []
    /// Nothing more can be learnt.
    private(set) var isOver = false
    private(set) var isGood = true
    private var isReached = false
    private var isAuthenticated = false

    init(isTLS: Bool, hasCredential: Bool, validates: Bool) {
        self.isTLS = isTLS
        self.hasCredential = hasCredential
        self.validates = validates
    }

    mutating func takeEnded() -> [TestStep] {
        defer { ended = [] }
        return ended
    }

    /// A call has ended.
    mutating func called(_ endpoint: CompiledEndpoint, _ result: Result<ToolAnswer, Failure>, latency: Double) {
        switch result {
        case .success(let answer):
            reached(latency)
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

    private mutating func failed(_ endpoint: CompiledEndpoint, _ failure: Failure, _ latency: Double) {
        isGood = false
        if let status = failure.upstreamStatus {
            reached(latency)
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
                } else if !isReached, isNobodyThere {
                    ended.append(TestStep("reachable", nil, .failed, failure.detail, code: failure.code))
                    isReached = true
                    isOver = true
                    return
                }
            case .tls:
                if !isReached {
                    ended.append(TestStep("reachable", nil, .ok, "The API's host answers."))
                    ended.append(TestStep("tls", nil, .failed, failure.detail, code: failure.code))
                    isReached = true
                    isOver = true
                    return
                }
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
        guard !isReached else { return }
        isGood = false
        ended.append(
            TestStep(
                "reachable", nil, .skipped, "No endpoint could be called: give arguments, or \"confirm\": true."))
    }

    private mutating func reached(_ latency: Double) {
        guard !isReached else { return }
        isReached = true
        ended.append(TestStep("reachable", nil, .ok, "The API answers.", latency: latency))
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

    private mutating func authentication(_ state: TestStep.State, _ failure: Failure) {
        guard !isAuthenticated else { return }
        isAuthenticated = true
        ended.append(
            TestStep(
                "authentication", nil, state, failure.detail, code: failure.code,
                upstreamStatus: failure.upstreamStatus))
    }
}
