import ArgumentParser

/// `penstock completion`: scripts for shells.
struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Prints a completion script for a shell.",
        discussion: """
            Examples:
              penstock completion bash > ~/.local/share/bash-completion/completions/penstock
              penstock completion zsh > ~/.zfunc/_penstock
              penstock completion fish > ~/.config/fish/completions/penstock.fish
            """)

    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash, zsh, fish
    }

    @Argument(help: "bash, zsh or fish.") var shell: Shell

    func run() {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Terminal.output(PenstockCommand.completionScript(for: kind))
    }
}
