extension Demo {
    /// Says how it went, and with `keep` what can be tried now.
    func farewell(keep: Bool) {
        report.heading("Everything worked, in \(report.elapsed.short).")
        Terminal.output("This version has no dashboard; the relay's address \(keep ? "is" : "was") \(plan.relayURL)")
        guard keep else {
            Terminal.output("To leave it running and try things yourself: penstock demo --keep")
            return
        }
        Terminal.output(
            """

            It runs until Ctrl-C. As the agent, in another terminal (the files hold the tokens):

              curl --cacert \(plan.rootFile) -H @\(plan.agentHeaderFile) \\
                \(plan.relayURL)/v1/tools

              curl --cacert \(plan.rootFile) -H @\(plan.agentHeaderFile) \\
                -H 'Content-Type: application/json' -d '{"customer_id": "cust_12345"}' \\
                \(plan.relayURL)\(Self.getCustomer)

              curl --cacert \(plan.rootFile) -H @\(plan.agentHeaderFile) \\
                \(plan.relayURL)/v1/proxy/my_company_crm/customers/cust_12346

            As Ada:

              export PENSTOCK_URL=\(plan.relayURL) PENSTOCK_CA_FILE=\(plan.rootFile)
              export PENSTOCK_TOKEN_FILE=\(plan.userTokenFile)
              \(executables.penstock) apis list
              \(executables.penstock) tunnels list
              \(executables.penstock) tools call my_company_crm.get_customer customer_id=cust_12347

            Folder: \(plan.folder.path) (removed at the end)
            """)
    }

    /// Waits for ever; a process that ends meanwhile is a failure.
    func keepRunning() async throws {
        while true {
            try await Task.sleep(for: .milliseconds(250))
            guard let child = children.firstEnded() else { continue }
            throw CommandFailure(.failed, "\(child.name) ended by itself with \(child.ended() ?? "an unknown status")")
        }
    }
}
