import ArgumentParser
import Relay

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copies the database and the audit to one file, while the relay serves.",
        discussion: """
            The copy is consistent, checked, and readable by its owner only (mode 0600). The command overwrites no \
            file.

            The master key is NOT in it. Without the key, the credentials in a backup are lost; with it, whoever has the \
            backup can read them. Keep them apart, and keep a master key for as long as backups made under it.

            Example:
              penstock-relay backup /backup/$(date +%F).db --data-dir /var/lib/penstock
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The new file.", completion: .file())
    var file: String

    func run() throws {
        let (folder, masterKey) = try common.dataFolder()
        try printReport {
            try BackupCommands.backup(dataDirectory: folder, masterKey: masterKey, to: file)
        }
    }
}

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Makes a data folder from a backup.",
        discussion: """
            Checks the backup first: that this version can read it, that the file is sound, and that its audit chain \
            is whole. Refuses a folder that holds a relay; --force sets that database aside as \
            penstock.db.before-restore. No relay may run on the folder.

            Everything is then as it was at the time of the backup: tokens that were revoked since are valid again, \
            and users deleted since are back. A backup does not contain the master key: put the one it was made under \
            where the configuration says.

            Examples:
              penstock-relay restore 2026-11-01.db --data-dir /var/lib/penstock
              penstock-relay restore 2026-11-01.db --force --config relay.yaml
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The backup.", completion: .file())
    var file: String

    @Flag(name: .long, help: "Set an existing database aside.")
    var force = false

    func run() throws {
        let (folder, masterKey) = try common.dataFolder()
        try printReport {
            try BackupCommands.restore(file, dataDirectory: folder, masterKey: masterKey, force: force)
        }
    }
}
