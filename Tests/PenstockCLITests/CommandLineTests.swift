import ArgumentParser
import Testing

@testable import PenstockCLI

@Suite struct CommandLineTests {
    private static func all(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        [command] + command.configuration.subcommands.flatMap(all)
            + command.configuration.groupedSubcommands.flatMap(\.subcommands).flatMap(all)
    }

    @Test("Every command's help shows an example")
    func examples() {
        for command in Self.all(PenstockCommand.self) where command.configuration.shouldDisplay {
            #expect(command.helpMessage().contains("penstock "), "\(command)")
            #expect(!command.configuration.discussion.isEmpty, "\(command)")
        }
    }

    @Test("C8: no command takes a secret as a flag's value")
    func noSecretFlags() {
        for command in Self.all(PenstockCommand.self) {
            let help = command.helpMessage()
            for flag in ["--token ", "--key ", "--password ", "--secret ", "--value "] {
                #expect(!help.contains(flag), "\(command) \(flag)")
            }
        }
    }

    @Test(
        "Global options count before and after the subcommand",
        arguments: [
            ["--url", "https://r", "apis", "list"], ["apis", "list", "--url", "https://r"],
        ])
    func position(_ words: [String]) throws {
        let command = try PenstockCommand.parseAsRoot(words)
        #expect((command as? APIsCommand.List)?.options.url == "https://r")
    }

    @Test("A tool is named as agents write it", arguments: ["crm.get", "custom.crm.get"])
    func tool(_ text: String) {
        #expect(ToolName(argument: text)?.slug == "crm")
        #expect(ToolName(argument: text)?.endpoint == "get")
    }

    @Test("What is no tool's name is refused", arguments: ["", ".", "a.", ".b", "a.b.c", "custom.a.b.c"])
    func noTool(_ text: String) {
        #expect(ToolName(argument: text) == nil)
    }
}
