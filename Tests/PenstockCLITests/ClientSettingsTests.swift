import ArgumentParser
import Testing

@testable import PenstockCLI

@Suite struct ClientSettingsTests {
    private func load(
        _ flags: [String] = [], file: String? = nil, _ environment: [String: String] = [:]
    ) throws -> ClientSettings {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var environment = environment
        environment["HOME"] = folder.path
        if let file {
            try PrivateFile.makeFolder(folder / ".config/penstock")
            try PrivateFile.write(file, to: folder / ".config/penstock/config.yaml")
        }
        return try ClientSettings.load(GlobalOptions.parse(flags), environment: Environment(environment))
    }

    @Test("A flag counts before the environment, that before the file, that before the default")
    func precedence() throws {
        let file = "url: https://file\noutput: yaml\n"
        let variables = ["PENSTOCK_URL": "https://variable"]
        #expect(try load().url == nil)
        #expect(try load(file: file).url == "https://file")
        #expect(try load(file: file, variables).url == "https://variable")
        #expect(try load(["--url", "https://flag"], file: file, variables).url == "https://flag")
        #expect(try load(file: file).output == .yaml)
        #expect(try load(["--output", "json"], file: file).output == .json)
    }

    @Test("PENSTOCK_TOKEN counts before the file of the environment, and --token-file before both")
    func token() throws {
        let variables = ["PENSTOCK_TOKEN": "pst_x", "PENSTOCK_TOKEN_FILE": "/variable"]
        #expect(try load([], variables).token?.description == "PENSTOCK_TOKEN")
        #expect(try load(["--token-file", "/flag"], variables).token?.description == "/flag")
        #expect(try load([], ["PENSTOCK_TOKEN_FILE": "/variable"]).token?.description == "/variable")
        #expect(try load(file: "token_file: ~/t").token?.description.hasSuffix("/t") == true)
        #expect(try load(file: "token_file: t").token?.description.hasSuffix("/.config/penstock/t") == true)
    }

    @Test("An unknown key is wrong usage, with its place and the nearest known key")
    func unknownKey() {
        let failure = #expect(throws: CommandFailure.self) { try load(file: "\ntokn_file: x\n") }
        #expect(failure?.kind == .usage)
        #expect(
            failure?.message.contains("config.yaml:2:1: unknown key \"tokn_file\"; did you mean \"token_file\"?")
                == true)
    }

    @Test("C8: a token shows nothing of itself")
    func tokenIsSilent() throws {
        let token = try Token("pst_secret", from: "a test")
        #expect(!"\(token) \(String(reflecting: token))".contains("secret"))
        #expect(!"\(TokenSource.value("pst_secret"))".contains("secret"))
    }

    @Test("What is not one printable word is no token", arguments: ["", " ", "a b", "a\nb", "pst_é"])
    func badToken(_ text: String) {
        #expect(throws: CommandFailure.self) { try Token(text, from: "a test") }
    }
}
