import ArgumentParser
import NIOHTTP1

/// `penstock login`: remembers the relay and where the token is.
struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Remembers a relay and where your token is.",
        discussion: """
            Writes ~/.config/penstock/config.yaml, readable by you alone. With --token-file it remembers that file. \
            Otherwise it asks for the token, or reads it from standard input, and stores it in the file token beside \
            the configuration. It tries the token against the relay first.

            With --context it remembers the relay under a name, beside others.

            Examples:
              penstock login --url https://relay.example.com --token-file ~/user-token
              pass show penstock | penstock login --url https://relay.example.com
            """)

    @Flag(help: "Write the configuration without asking the relay.") var offline = false
    @OptionGroup(title: "Everywhere") var options: GlobalOptions

    func run() async throws {
        let environment = Environment.current()
        let settings = try ClientSettings.load(options, environment: environment, mayBeNew: true)
        guard let url = settings.url else {
            throw CommandFailure(
                .usage, "which relay?", notes: ["As in: penstock login --url https://relay.example.com"])
        }
        let address = try RelayAddress(url)
        if let name = options.context, !Self.isName(name) {
            throw CommandFailure(.usage, "a context's name consists of letters, digits, - and _")
        }
        guard let file = ConfigurationFile(flag: options.config, environment: environment) else {
            throw CommandFailure(
                .usage, "there is no home folder to keep the configuration in", notes: ["Name a file with --config."])
        }
        let token =
            if let path = options.tokenFile {
                try TokenSource.file(path).read()
            } else {
                try Token(Terminal.secret("Token"), from: "standard input")
            }
        if !offline { try await check(address, token, settings) }

        var tokenFile = options.tokenFile.map(Path.absolute)
        if tokenFile == nil {
            let folder = Path.folder(of: Path.absolute(file.path))
            try PrivateFile.makeFolder(folder)
            let name = options.context.map { "/token-" + $0 } ?? "/token"
            try PrivateFile.replace(folder + name, with: token.text + "\n")
            tokenFile = folder + name
        }
        try file.write(
            url: address.text, tokenFile: tokenFile ?? "", caFile: settings.caFile.map(Path.absolute),
            context: options.context)
        Printer(format: settings.output).result("Logged in to \(address.text). Remembered in \(file.path).")
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_".unicodeScalars.contains($0))
            }
    }

    /// Asks the relay whether it knows the token. An agent's token may list no tokens, but is known when it is told so.
    private func check(_ address: RelayAddress, _ token: Token, _ settings: ClientSettings) async throws {
        try await RelayClient.with(address, token: token, caFile: settings.caFile, logger: settings.logger) { relay in
            do throws(CommandFailure) {
                _ = try await relay.send(.GET, RelayPath("/v1/tokens").query("limit", "1"))
            } catch {
                guard error.code == "FORBIDDEN" else { throw error }
            }
        }
    }
}
