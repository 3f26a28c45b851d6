import NIOHTTP1
import Value

extension Demo {
    static let getCustomer: RelayPath = "/v1/tools/my_company_crm/get_customer"
    static let arguments: JSON = ["customer_id": "cust_12345"]
    /// Calls that are timed.
    private static let timed = 50

    /// - Returns: the call's request id.
    func callAsAgent(_ agent: RelayClient) async throws -> String {
        try await report.step("Agent, relay, tunnel, connector, CRM, and back") {
            let answer = try await agent.send(.POST, Self.getCustomer, Self.arguments)
            guard answer.body["data"]?["id"]?.string == "cust_12345", let request = answer.body["request_id"]?.string
            else {
                throw CommandFailure(.failed, "the answer was not the customer: \(answer.body.text())")
            }
            let data = answer.body["data"] ?? .null
            let latency = answer.body["latency_ms"]?.double.map { "\($0) ms" } ?? "unknown"
            let remark = """
                \(data.text(pretty: true))
                Latency \(latency) as the relay saw it, \(answer.elapsed.short) for the agent; request \(request).
                The agent saw no key, no address and no host name of the CRM.
                """
            return (remark, request)
        }
    }

    func showAudit(_ user: RelayClient, request: String) async throws {
        try await report.step("The relay's audit has the call") {
            let logs = try await user.send(.GET, RelayPath("/v1/apis/my_company_crm/logs").query("limit", "1"))
            guard let item = logs.body["items"]?[0] else {
                throw CommandFailure(.failed, "the log of my_company_crm is empty")
            }
            guard item["request_id"]?.string == request else {
                throw CommandFailure(.failed, "the log's last entry is of another call: \(item.text())")
            }
            return item.text()
        }
        try await report.step("The connector's audit, on its own machine, has it too") {
            let deadline = ContinuousClock.now + Self.patience
            while ContinuousClock.now < deadline {
                let lines = (DemoFiles.text(plan.connectorAuditFile) ?? "").split(separator: "\n")
                if let line = lines.last(where: { $0.contains(request) }) { return String(line) }
                try await Task.sleep(for: .milliseconds(20))
            }
            throw CommandFailure(.failed, "\(plan.connectorAuditFile) has no line of request \(request)")
        }
    }

    func measure(_ agent: RelayClient) async throws {
        try await report.step("Called it \(Self.timed) times more, one after the other") {
            var times: [Duration] = []
            for _ in 0..<Self.timed {
                times.append(try await agent.send(.POST, Self.getCustomer, Self.arguments).elapsed)
            }
            times.sort()
            return "For the agent: median \(times[times.count / 2].short), slowest \(times[times.count - 1].short)."
        }
    }

    func refuseWithoutTunnel(_ user: RelayClient, _ agent: RelayClient) async throws {
        try await report.step("The relay refuses the same API without a tunnel") {
            let definition = try resolved(DemoDefinitions.crmWithoutTunnel(plan))
            return try await expectRefusal("URL_NOT_ALLOWED") {
                _ = try await user.send(.POST, "/v1/apis", definition)
                return try await agent.send(.POST, "/v1/tools/my_company_crm_direct/get_customer", Self.arguments)
            }
        }
    }

    func refuseAtConnector(_ user: RelayClient, _ agent: RelayClient, tunnel: String) async throws {
        try await report.step("The connector refuses an origin that its file does not list") {
            _ = try await user.send(.POST, "/v1/apis", resolved(DemoDefinitions.payroll(plan, tunnel: tunnel)))
            return try await expectRefusal("URL_NOT_ALLOWED", stage: "connector") {
                try await agent.send(.POST, "/v1/tools/my_company_payroll/list_salaries", [:])
            }
        }
    }

    func refuseWrongToken(_ agent: RelayClient) async throws {
        try await report.step("The relay refuses an agent with a token that it never gave out") {
            let stranger = acting(agent, as: try Token("pst_" + RandomText.make(), from: "the demo"))
            return try await expectRefusal("UNAUTHORIZED") {
                try await stranger.send(.POST, Self.getCustomer, Self.arguments)
            }
        }
    }

    /// Reads what the processes logged and audited, and the relay's data, for the CRM's key.
    func findNoSecret() async throws {
        try await report.step("The CRM's key is in no log, no audit and nowhere in the relay's data") {
            let logs = ["crm", "relay", "connector", "relay-init"].map { plan.folder / "\($0).log" }
            for path in logs + [plan.connectorAuditFile] + FolderListing.files(in: plan.dataFolder) {
                guard DemoFiles.text(path)?.contains(crmKey) != true else {
                    throw CommandFailure(.failed, "\(path) holds it")
                }
            }
            return nil
        }
    }

    private func resolved(_ definition: JSON) throws(CommandFailure) -> JSON {
        let text = YAMLWriter.text(definition)
        return try DefinitionFile.parse(Array(text.utf8), name: "definition", folder: plan.folder.path).resolved()
    }
}
