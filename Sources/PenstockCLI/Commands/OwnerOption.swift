import ArgumentParser

/// Whose things an operator lists.
struct OwnerOption: ParsableArguments {
    @Option(help: ArgumentHelp("Only this user's, by id or name (operators only).", valueName: "user"))
    var user: String?

    func add(to path: RelayPath, _ relay: RelayClient) async throws(CommandFailure) -> RelayPath {
        guard let id = try await relay.userID(user) else { return path }
        return path.query("user_id", id)
    }
}
