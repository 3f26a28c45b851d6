import Drafts
import EgressPolicy
import Value

/// A document that was seen: a mark of its bytes, and what became of it.
struct KnownDocument: Sendable {
    var mark: Int
    var count: Int
    var bundle: Int
    var candidate: Int?
}

/// One discovery: what was learnt, and the requests that follow from it. It does no I/O and knows no clock.
struct DiscoverySession: Sendable {
    enum Step: Sendable {
        case ask(Probe, DiscoveryRequest)
        case wait(Duration)
        case end(DiscoveryPlan.End)
    }

    let base: BaseURL
    let options: DiscoveryOptions
    let importers: DiscoveryImporters
    let site: Site
    var plan: DiscoveryPlan
    var findings = FindingList()
    var candidates: [DiscoveryResult.Candidate] = []
    /// The documents that were seen, to know them again.
    var known: [KnownDocument] = []
    var bundles: [DocumentBundle] = []
    /// Parts of documents by their address.
    var parts: [WebAddress: [UInt8]] = [:]
    var absent: AnswerPrint?
    var samples: SampleCollector
    var commands = CommandCollector()
    private var requests: [DiscoveryResult.Request] = []

    init(base: BaseURL, options: DiscoveryOptions, importers: DiscoveryImporters) {
        self.base = base
        self.options = options
        self.importers = importers
        site = Site(base.origin)
        plan = DiscoveryPlan(options)
        samples = SampleCollector(base)
        for probe in WellKnownPlaces.probes(base) { plan.offer(probe) }
        for path in options.samples.prefix(64) { offerSample(path) }
    }

    /// Whether a description was found, so that nothing need be guessed.
    var hasDescription: Bool { candidates.contains { $0.endpoints > 0 } }

    mutating func next(at now: Duration) -> Step {
        if hasDescription { _ = plan.drop { $0.purpose == .sample } }
        switch plan.next(at: now) {
        case .wait(let duration): return .wait(duration)
        case .end(let end): return .end(end)
        case .ask(let probe, let timeout, let bytes):
            return .ask(probe, request(for: probe, timeout, bytes))
        }
    }

    private func request(for probe: Probe, _ timeout: Duration, _ bytes: Int) -> DiscoveryRequest {
        var request = DiscoveryRequest(
            method: probe.isPost ? .post : .get, address: probe.address,
            mayCarryCredential: probe.address.origin == base.origin, headers: [], mostBytes: bytes, timeout: timeout)
        switch probe.purpose {
        case .graphQL: GraphQLIntrospection.prepare(&request)
        case .sample: request.headers = [("Accept", "application/json")]
        case .page, .linkedPage: request.headers = [("Accept", "text/html, */*;q=0.5")]
        case .catalog:
            request.headers = [
                ("Accept", "application/linkset+json, application/linkset;q=0.9, application/json;q=0.8")
            ]
        case .root, .absent:
            request.headers = [("Accept", "application/json, text/html;q=0.9, */*;q=0.5")]
        case .linked, .configuration, .script, .wellKnown, .part:
            request.headers = [
                ("Accept", "application/openapi+json, application/json, application/yaml;q=0.9, */*;q=0.5")
            ]
        }
        return request
    }

    mutating func stop(_ reason: DiscoveryPlan.End) { plan.stop(reason) }

    /// The path as it is shown, with the place in the answer.
    func evidence(_ probe: Probe, _ status: Int? = nil, _ place: Evidence.Place = .whole) -> Evidence {
        Evidence(path: shownPath(probe), status: status, place: place)
    }

    func shownPath(_ probe: Probe) -> String {
        ShownAddress.path(probe.address, base: base.origin, values: probe.values)
    }

    mutating func failed(_ error: DiscoveryFetchError, _ probe: Probe) {
        record(probe, status: nil, bytes: 0, error: error.code.rawValue)
        plan.failed(isRefused: error.code == .refused)
        if probe.purpose == .part { readPart(nil, probe) }
        findings.add(
            "request_failed", ASCIIText.shown(error.message, bytes: 200), evidence(probe), merging: error.message)
    }

    mutating func answered(_ response: DiscoveryResponse, to probe: Probe) {
        record(probe, status: response.status, bytes: response.body.count, error: nil)
        plan.answered(response.body.count)
        let wait = response.values("retry-after").first
        if response.status == 429 || response.status == 503 && wait != nil {
            let until = wait.flatMap(Int.init).map { " It may be asked again after \($0) s." } ?? ""
            findings.add(
                "asked_to_stop", "The server asked for fewer requests, so nothing more was asked.\(until)",
                evidence(probe, response.status, .header("retry-after")))
            plan.stop(.askedToStop)
        }
        if (300..<400).contains(response.status) { return redirected(response, probe) }
        if response.isCut {
            findings.add(
                "answer_cut", "The answer was too long and was read in part.", evidence(probe, response.status))
        }
        readLinks(response, probe)
        read(response, probe)
    }

    private mutating func record(_ probe: Probe, status: Int?, bytes: Int, error: String?) {
        requests.append(
            DiscoveryResult.Request(
                method: probe.isPost ? "POST" : "GET", path: shownPath(probe), status: status, bytes: bytes,
                error: error, purpose: probe.purpose.rawValue))
    }

    /// A redirect within the origin is a new address for the same purpose; others are told, not followed.
    private mutating func redirected(_ response: DiscoveryResponse, _ probe: Probe) {
        let place = evidence(probe, response.status, .header("location"))
        // A part that is not followed is one that is not there.
        defer { if probe.purpose == .part { readPart(nil, probe) } }
        guard let location = response.values("location").first, let next = probe.address.resolving(location) else {
            return
        }
        guard next.origin == probe.address.origin else {
            findings.add(
                "redirect_elsewhere",
                "This redirects to \(next.origin.host), which was not followed. If the API is there, start from it.",
                place, merging: "\(next.origin)")
            return
        }
        guard probe.purpose != .absent, probe.purpose != .part else { return }
        guard probe.redirects < options.redirects else {
            findings.add("redirect_limit", "This redirects too often and was given up.", place)
            return
        }
        var followed = probe
        followed.address = next
        followed.redirects += 1
        plan.offer(followed)
    }

    /// What came of it all.
    func result(_ end: DiscoveryPlan.End) -> DiscoveryResult {
        var session = self
        session.conclude(end)
        let ranked = session.candidates.enumerated().sorted { left, right in
            let keys = (
                (left.element.confidence, left.element.endpoints), (right.element.confidence, right.element.endpoints)
            )
            return keys.0 == keys.1 ? left.offset < right.offset : keys.0 > keys.1
        }
        return DiscoveryResult(
            candidates: ranked.map(\.element), requests: requests, findings: session.findings.all)
    }
}
