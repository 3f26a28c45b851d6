import ArgumentParser

struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Prints a completion script for bash, zsh or fish.",
        discussion: "Example: penstock-relay completion bash > /etc/bash_completion.d/penstock-relay")

    @Argument(help: "bash, zsh or fish.")
    var shell: String

    func run() throws {
        guard let shell = CompletionShell(rawValue: shell) else {
            throw usageFailure("completion supports bash, zsh and fish")
        }
        writeOutput(PenstockRelay.completionScript(for: shell))
    }
}
