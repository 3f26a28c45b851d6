import ArgumentParser
import NIOHTTP1
import Value

/// What revokes, suspends or deletes asks first, unless `--yes` says not to.
struct Confirmation: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

    /// Asks, and sends a request once the answer is yes.
    ///
    /// - Returns: the body of the relay's answer; null where it has none.
    @discardableResult
    func send(
        _ method: HTTPMethod, _ path: RelayPath, asking question: String, _ relay: RelayClient
    ) async throws -> JSON {
        try Terminal.confirm(question, yes: yes)
        return try await relay.send(method, path).body
    }
}
