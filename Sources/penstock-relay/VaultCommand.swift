import ArgumentParser
import Relay

struct VaultCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "Looks after the encrypted credentials: what is there, and new keys.",
        subcommands: [Status.self, Rotate.self])

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows which keys seal how much, and whether a rotation is under way.",
            discussion: """
                Counts and terms only, never a value. A term counts the keys there have been: the master key's rises \
                with `vault rotate --master-key`, a user's with `vault rotate`.

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
                It works while `serve` runs on the same data folder: calls go on, and the relay takes the new keys over \
                within a second. Interrupted at any moment, even by SIGKILL, nothing is lost: the same command goes on \
                where it ended.

                Users' keys: each user gets a new one, all their credentials are sealed under it, and the old one is \
                destroyed.

                The master key: only the users' keys are wrapped anew. Where the key is a file, the new one takes its \
                name, and the former one is kept beside it as FILE.old-TERM, for backups made until now need it; \
                destroy it with them. The new key is random, unless --new-key-file or PENSTOCK_VAULT_NEW_MASTER_KEY \
                gives it. Where the key comes from PENSTOCK_VAULT_MASTER_KEY or a command, it has to be given, and \
                afterwards you let that source give the new one: a relay that serves asks the command again by \
                itself; with the variable it goes on with the credentials it has in memory until you restart it.

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
            help: "Holds the new master key; made with a random one if it is not there.",
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
