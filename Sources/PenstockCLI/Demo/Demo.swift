import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import Value

/// One run of the demo, from the certificates to the refusals.
struct Demo: Sendable {
    /// How long a process may take to be ready, and an audit line to be there.
    static let patience = Duration.seconds(20)

    let plan: DemoPlan
    let children: DemoChildren
    let executables: SiblingExecutables
    let report: DemoReport
    let logger: Logger
    /// The CRM's key: made for this run, and to be found nowhere but in its file and, encrypted, in the vault.
    let crmKey: String

    func run() async throws {
        report.heading("Starting a relay, a connector and a sample CRM on this machine's loopback")
        try await makeCertificates()
        try await startCRM()
        let root = try await startRelay()
        try await RelayClient.with(
            RelayAddress(plan.relayURL), token: root, caFile: plan.rootFile, logger: logger
        ) { relay in
            try await show(relay)
        }
    }

    private func show(_ operatorClient: RelayClient) async throws {
        let (user, agent) = try await createTokens(operatorClient)
        let tunnel = try await createTunnel(user)
        try await startConnector(user, tunnel: tunnel)
        try await applyDefinition(user, tunnel: tunnel)
        report.heading("An agent calls custom.my_company_crm.get_customer(customer_id=\"cust_12345\")")
        let request = try await callAsAgent(agent)
        try await showAudit(user, request: request)
        try await measure(agent)
        report.heading("What is refused")
        try await refuseWithoutTunnel(user, agent)
        try await refuseAtConnector(user, agent, tunnel: tunnel)
        try await refuseWrongToken(agent)
        try await findNoSecret()
    }

    /// Waits until `url` answers with `status`; a child that ends meanwhile is a failure.
    func waitUntil(_ url: String, answers status: Int, _ child: ChildProcess, _ http: HTTPClient) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            if let ended = child.ended() { throw CommandFailure(.failed, "\(child.name) ended with \(ended)") }
            let response = try? await http.execute(HTTPClientRequest(url: url), timeout: .seconds(2))
            try Task.checkCancellation()
            if let response {
                _ = try? await response.body.collect(upTo: 1 << 20)
                if Int(response.status.code) == status { return }
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw CommandFailure(.failed, "\(child.name) was not ready within \(Self.patience.short)")
    }

    /// Expects the relay to refuse what `body` asks for, with that code and stage.
    func expectRefusal(
        _ code: String, stage: String? = nil, _ body: () async throws -> RelayClient.Answer
    ) async throws -> String {
        let answer: RelayClient.Answer
        do {
            answer = try await body()
        } catch let failure as CommandFailure where failure.kind == .refused {
            guard failure.code == code, stage == nil || failure.stage == stage else {
                let wanted = stage.map { "\(code), stage \($0)" } ?? code
                throw CommandFailure(
                    .failed, "it was refused, but not as \(wanted)", notes: [failure.message] + failure.notes)
            }
            return ([failure.message] + failure.notes.prefix(1)).joined(separator: "\n")
        }
        throw CommandFailure(
            .failed, "it should have been refused as \(code), but the answer was status \(answer.status)")
    }
}
