import Testing

@Suite("The relay's command line", .timeLimit(.minutes(2)))
struct OperatorHelpTests {
    private static let commands = [
        "serve", "init", "check", "vault status", "vault rotate", "audit verify", "audit export", "audit reconcile",
        "backup", "restore", "completion",
    ]

    @Test("Each command's help shows how it is called", arguments: commands)
    func help(_ command: String) async throws {
        let help = try await ChildProcess.run(
            Binaries.relay, command.split(separator: " ").map { String($0) } + ["--help"])
        #expect(help.end == .exit(0))
        let examples = (help.output.split(separator: "USAGE:").first ?? "").split(separator: "Example").last ?? ""
        #expect(
            !examples.split(separator: "\n").contains { $0.hasPrefix("--") || $0.hasPrefix("/") }, "an example is cut")
        #expect(help.output.contains("Example") && help.output.contains("penstock-relay \(command)"), "\(help.output)")
    }

    @Test("Every shell's completion knows every command", arguments: ["bash", "zsh", "fish"])
    func completion(_ shell: String) async throws {
        let script = try await ChildProcess.run(Binaries.relay, ["completion", shell])
        #expect(script.end == .exit(0))
        let words = Self.commands.joined(separator: " ").split(separator: " ").map { String($0) }
        for word in words + ["leave-source", "new-key-file", "tunnel"] {
            #expect(script.output.contains(word), "\(word)")
        }
        if shell == "bash", let bash = Binaries.tool("bash") {
            let folder = try Scratch("completion")
            let file = try folder.write("script", script.output)
            #expect(try await ChildProcess.run(bash, ["-n", file]).end == .exit(0))
        }
    }

    @Test("C8: no command takes a key's text as a flag", arguments: ["--new-key", "--key", "--master-key=AAAA"])
    func noSecretFlag(_ flag: String) async throws {
        let refused = try await ChildProcess.run(Binaries.relay, ["vault", "rotate", flag, "AAAA"])
        #expect(refused.end == .exit(2))
    }

    @Test("Without a relay in the folder, each command says so", arguments: commands.filter { $0.contains(" ") })
    func nothingThere(_ command: String) async throws {
        let folder = try Scratch("nothing")
        let file = try folder.write("file", "")
        var arguments = command.split(separator: " ").map { String($0) } + ["--data-dir", folder.path]
        if command == "audit reconcile" { arguments.append(file) }
        let refused = try await ChildProcess.run(Binaries.relay, arguments)
        #expect(refused.end == .exit(1))
        #expect(refused.errors.contains("There is no relay in \(folder.path)"), "\(refused)")
    }
}
