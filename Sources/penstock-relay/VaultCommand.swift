import ArgumentParser
import Relay

struct VaultCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "Shows and rotates the keys of the encrypted credentials.",
        subcommands: [Status.self, Rotate.self])

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows which keys seal how much, and whether a rotation is under way.",
            discussion: """
                Shows counts and terms only, never a value. A term is the number of a key: that of the master key \
                rises with `vault rotate --master-key`, that of a user's key with `vault rotate`.

                Example:
                  penstock-relay vault status --config /etc/penstock/relay.yaml
                """)

        @OptionGroup var common: CommonOptions

        func run() throws {
            let (folder, masterKey) = try common.dataFolder()
            try printReport { try VaultCommands.status(dataDirectory: folder, masterKey: masterKey) }
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives users new keys, or wraps all of them under a new master key.",
            discussion: """
                It works while `serve` runs on the same data folder: calls continue, and the relay uses the new keys \
                within a second. If it is interrupted at any moment, even by SIGKILL, nothing is lost: run the same \
                command again, and it continues where it ended.

                Users' keys: the command gives each user a new key, seals the user's credentials under it, and \
                destroys the old one.

                The master key: the command wraps the users' keys again, and nothing else. If the key is a file, the \
                new key takes its name, and the former one stays beside it as FILE.old-TERM, because backups made \
                until now need it; destroy it with them. The new key is random, unless --new-key-file or \
                PENSTOCK_VAULT_NEW_MASTER_KEY gives it. If the key comes from PENSTOCK_VAULT_MASTER_KEY or a command, \
                you have to give the new one, and afterwards make that source give it: a running relay asks the \
                command again by itself; with the variable it uses the credentials it has in memory until you restart \
                it.

                Examples:
                  penstock-relay vault rotate --config /etc/penstock/relay.yaml
                  penstock-relay vault rotate --user usr_01J… --data-dir /var/lib/penstock
                  penstock-relay vault rotate --master-key --config /etc/penstock/relay.yaml
                  penstock-relay vault rotate --master-key --new-key-file /root/new.key
                """)

        @OptionGroup var common: CommonOptions

        @Option(name: .long, help: "Only this user's key.")
        var user: String?

        @Flag(name: .customLong("master-key"), help: "The master key instead of users' keys.")
        var isMasterKey = false

        @Option(
            name: .customLong("new-key-file"),
            help: "File of the new master key; if it is missing, it is made with a random key.",
            completion: .file())
        var newKeyFile: String?

        @Flag(
            name: .customLong("leave-source"),
            help: "Do not replace the master key's file: something else manages it.")
        var leavesSource = false

        func validate() throws {
            if isMasterKey, user != nil { throw ValidationError("--user does not go with --master-key") }
            if !isMasterKey, newKeyFile != nil || leavesSource {
                throw ValidationError("--new-key-file and --leave-source go with --master-key")
            }
        }

        func run() throws {
            let (folder, masterKey) = try common.dataFolder()
            try printReport {
                guard isMasterKey else {
                    return try VaultCommands.rotateUserKeys(dataDirectory: folder, masterKey: masterKey, user: user)
                }
                return try VaultCommands.rotateMasterKey(
                    dataDirectory: folder, masterKey: masterKey, new: newKey, leaveSource: leavesSource)
            }
        }

        private var newKey: VaultCommands.NewMasterKey {
            if let newKeyFile { return .file(newKeyFile) }
            let text = common.environment["PENSTOCK_VAULT_NEW_MASTER_KEY"] ?? ""
            return text.isEmpty ? .generated : .environment(text)
        }
    }
}
