import Testing
import Value
import YAML

@Suite("YAML core schema")
struct CoreSchemaTests {
    @Test(
        "Plain scalars follow the core schema",
        arguments: [
            ("null", nil), ("~", nil), ("Null", nil), ("true", true), ("True", true), ("FALSE", false), ("yes", "yes"),
            ("off", "off"), ("nULL", "nULL"), ("tRue", "tRue"), ("1", 1), ("-17", -17), ("+12", 12), ("007", 7),
            ("0", 0), ("-0", 0),
            ("0x1F", 31), ("0o17", 15), ("0o18", "0o18"), ("0xG", "0xG"), ("-0x1F", "-0x1F"), ("0x", "0x"),
            ("1.5", 1.5),
            (".5", 0.5), ("5.", 5), ("1e3", 1000), ("1.5E-3", 0.0015), ("+.5e+1", 5), ("1_000", "1_000"), (".", "."),
            ("1e", "1e"), ("1.2.3", "1.2.3"), ("2024-01-01", "2024-01-01"), ("12:30:45", "12:30:45"), ("0b11", "0b11"),
            ("10MiB", "10MiB"), ("127.0.0.1", "127.0.0.1"), ("a b", "a b"), ("+", "+"), ("- ", [nil]),
            (".infx", ".infx"), ("é", "é"),
            ("!!str 12", "12"), ("! 12", "12"), ("!!int 12", 12), ("!!float 1", 1), ("!!null ~", nil),
            ("!!bool true", true),
            ("'12'", "12"), ("\"true\"", "true"), ("''", ""), ("|\n 12\n", "12\n"), (">-\n a\n b\n", "a b"),
        ] as [(String, JSON)])
    func scalars(text: String, value: JSON) throws {
        #expect(try YAML.parse(text).root == value)
    }

    @Test("Hexadecimal and long numbers stay exact")
    func exact() throws {
        #expect(try YAML.parse("0xFFFFFFFFFFFFFFFFFFFF").root.number?.text == "1208925819614629174706175")
        #expect(try YAML.parse("0o7777777777777777777777777").root.number?.text == "37778931862957161709567")
        #expect(try YAML.parse("0.10").root.number?.text == "0.10")
        #expect(try YAML.parse("00012345678901234567890123").root.number?.text == "12345678901234567890123")
        #expect(try YAML.parse("-00.5").root.number?.text == "-0.5")
    }

    @Test(
        "Numbers that JSON cannot hold are refused",
        arguments: [".inf", "-.INF", "+.Inf", ".nan", "1e9999999999", "!!float .inf"])
    func unrepresentable(text: String) throws {
        let error = try #require(throws: YAMLError.self) { try YAML.parse("a:\n  - \(text)") }
        #expect(error.message.contains("cannot be represented"))
        #expect(error.position == Position(line: 2, column: 5))
    }

    @Test("A number of enormous length is refused", arguments: ["9", "0x", "0o"])
    func long(prefix: String) {
        #expect(throws: YAMLError.self) { try YAML.parse(prefix + String(repeating: "7", count: 2000)) }
    }

    @Test(
        "Values that do not fit their tag, and other tags, are refused",
        arguments: [
            "!!int x", "!!int 1.5", "!!bool 1", "!!null 0", "!!float x", "!mine x", "!!map [1]",
            "!!seq {}", "!<x> 1",
        ])
    func tags(text: String) {
        #expect(throws: YAMLError.self) { try YAML.parse(text) }
    }

    @Test("!!binary and YAML 1.1's other types refuse no document: bytes are their base64, times their text")
    func olderTypes() throws {
        let bytes = try YAML.parse("a: !!binary |\n  aGVs\n  bG8=\nb: !!binary aGk=").root
        #expect(bytes == ["a": "aGVsbG8=", "b": "aGk="])
        #expect(try YAML.parse("!!timestamp 2026-03-01").root == "2026-03-01")
        let collections = try YAML.parse("a: !!set {x: , y: }\nb: !!omap [{k: 1}]").root
        #expect(collections == ["a": ["x": nil, "y": nil], "b": [["k": 1]]])
        #expect(throws: YAMLError.self) { try YAML.parse("!!set [1]") }
    }

    @Test("Tags of collections are accepted")
    func collections() throws {
        #expect(try YAML.parse("!!map {a: !!seq [1]}").root == ["a": [1]])
    }
}
