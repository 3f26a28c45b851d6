import Settings
import Testing
import Value
import YAML

@Suite("Layers of settings")
struct LayeredTests {
    private let environment = [
        "PENSTOCK_RELAY": "from-environment", "PENSTOCK_CONNECTIONS": "3", "PENSTOCK_EMPTY": "",
        "PENSTOCK_ALLOW": "a, b,,c ",
        "PENSTOCK_LIMITS_RESPONSE_BYTES": "1MiB", "PENSTOCK_DEBUG": "true", "PENSTOCK_OTHER": "x",
    ]
    private let keys = ["relay", "connections", "empty", "allow", "limits.response_bytes", "debug"]

    private func reader(_ flags: [(key: String, flag: String, text: String?)], _ text: String) throws -> SettingsReader
    {
        let layers = Layered(flags: flags, environment: environment, keys: keys)
        return SettingsReader(document: try YAML.parse(text), file: "c.yaml", layers: layers)
    }

    @Test("A flag goes before the environment, that before the file, that before the default")
    func precedence() throws {
        let reader = try reader(
            [("relay", "--relay", "from-flag"), ("connections", "--connections", nil)],
            "relay: from-file\nconnections: 1\nempty: from-file\n")
        #expect(reader.string("relay") == "from-flag")
        #expect(reader.source(of: "relay") == "--relay")
        #expect(reader.int("connections") == 3)
        #expect(reader.source(of: "connections") == "PENSTOCK_CONNECTIONS")
        #expect(reader.string("empty") == "from-file")
        #expect(reader.int("none", default: 7) == 7)
        try reader.finish()
    }

    @Test("Texts from outside become the types the settings have")
    func types() throws {
        let reader = try reader([], "")
        #expect(reader.strings("allow") == ["a", "b", "c"])
        #expect(reader.bool("debug") == true)
        #expect(reader.nested("limits")?.byteSize("response_bytes") == 1 << 20)
        #expect(reader.contains("relay"))
        try reader.finish()
    }

    @Test("A wrong value names the flag or the variable, and not the value")
    func wrong() throws {
        let reader = try reader(
            [
                ("connections", "--connections", "hunter2"), ("debug", "--debug", "hunter2"),
                ("allow", "--allow", "hunter2"),
            ], "")
        _ = reader.int("connections", in: 1...8)
        _ = reader.bool("debug")
        _ = reader.list("allow")
        let error = try #require(throws: SettingsError.self) { try reader.finish() }
        #expect(
            Set(error.faults.map(\.description)) == [
                "--connections: the value must be a whole number from 1 to 8",
                "--debug: the value must be true or false",
                "--allow: the value can be set in a file only",
            ])
        #expect(error.description.split(separator: "\n").count == 3)
    }
}
