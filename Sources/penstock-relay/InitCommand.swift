import ArgumentParser
import Relay

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Makes the data folder, the master key and the first operator's token.",
        discussion: """
            The token is shown only once. Keep the master key apart from backups of the data folder: whoever has both \
            can read every credential.

            The master key is made in vault.master_key_file (default: DATA_DIR/master.key) unless that file exists; or it \
            comes from PENSTOCK_VAULT_MASTER_KEY, or from vault.master_key_command of the configuration.

            Examples:
              penstock-relay init --operator-token-file /root/operator.token
              penstock-relay init --config /etc/penstock/relay.yaml
            """)

    @OptionGroup var common: CommonOptions

    @Option(name: .customLong("operator-token-file"), help: "Write the token to this new file instead of showing it.")
    var tokenFile: String?

    func run() throws {
        let (folder, masterKey) = try common.dataFolder()
        do {
            try Initialise.run(dataDirectory: folder, masterKey: masterKey, tokenFile: tokenFile) { made in
                var lines = ["data folder: \(folder)"]
                if let file = made.masterKeyFile { lines.append("master key: \(file)") }
                lines.append("operator token: \(tokenFile.map { "in \($0)" } ?? made.operatorToken)")
                try tryWriteOutput(lines.joined(separator: "\n"))
            }
        } catch {
            throw failure(error)
        }
    }
}
