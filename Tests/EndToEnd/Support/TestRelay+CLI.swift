/// The `penstock` command, against this relay.
extension TestRelay {
    /// - Parameter output: where standard output goes instead of into the answer.
    func penstock(
        _ words: [String], token: String, environment: [String: String] = [:], output: String? = nil
    ) async throws -> (end: ChildProcess.End, output: String, errors: String) {
        var variables = [
            "PENSTOCK_URL": url, "PENSTOCK_TOKEN": token, "PENSTOCK_CA_FILE": try Certificates.shared.get().root,
            "HOME": folder.path,
        ]
        variables.merge(environment) { $1 }
        let scratch = try Scratch("penstock")
        let child = try ChildProcess.start(
            Binaries.penstock, words, log: scratch / "errors", output: output ?? scratch / "output",
            environment: variables)
        let end = try await child.ended(within: .seconds(60))
        return (end, output == nil ? text(of: scratch / "output") : "", text(of: scratch / "errors"))
    }
}
