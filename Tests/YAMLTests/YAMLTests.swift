import Testing
import Value
import YAML

@Suite("YAML documents")
struct YAMLTests {
    private func pointer(_ text: String) throws -> JSONPointer {
        try #require(JSONPointer(text: text))
    }

    @Test("Blocks and flows nest")
    func nesting() throws {
        let text = """
            # settings
            relay: "https://relay.example.com"
            allow:
              - origin: 'http://10.0.0.1:80'   # one
                methods: [GET, POST]
              - origin: x
            limits: { size: 10MiB, n: 3 }
            none:
            text: |
              one
              two
            """
        let expected: JSON = [
            "relay": "https://relay.example.com",
            "allow": [["origin": "http://10.0.0.1:80", "methods": ["GET", "POST"]], ["origin": "x"]],
            "limits": ["size": "10MiB", "n": 3], "none": nil, "text": "one\ntwo",
        ]
        let document = try YAML.parse(text)
        #expect(document.root == expected)
        #expect(document.root.object?.keys == ["relay", "allow", "limits", "none", "text"])
        #expect(document.position(of: .root) == Position(line: 2, column: 1))
        #expect(document.position(of: try pointer("/relay")) == Position(line: 2, column: 8))
        #expect(document.keyPosition(of: try pointer("/allow/0/methods")) == Position(line: 5, column: 5))
        #expect(document.position(of: try pointer("/allow/0/methods/1")) == Position(line: 5, column: 20))
        #expect(document.position(of: try pointer("/allow/1")) == Position(line: 6, column: 5))
        #expect(document.keyPosition(of: try pointer("/limits/n")) == Position(line: 7, column: 24))
        #expect(document.keyPosition(of: try pointer("/none")) == Position(line: 8, column: 1))
    }

    @Test("An empty text is null", arguments: ["", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "\u{FEFF}"])
    func empty(text: String) throws {
        #expect(try YAML.parse(text).root == nil)
    }

    @Test("A byte order mark before a document is skipped")
    func byteOrderMark() throws {
        #expect(try YAML.parse("\u{FEFF}a: 1").root == ["a": 1])
    }

    @Test("JSON is read as JSON, with surrogate pairs, tabs and long keys")
    func json() throws {
        let key = String(repeating: "k", count: 3000)
        let document = try YAML.parse("\n{\n\t\"a\": \"\\ud83d\\ude00\\/\",\n\t\"\(key)\"\n: [1, 2.50]}")
        #expect(document.root["a"] == "😀/")
        #expect(document.root[key]?[1]?.number?.text == "2.50")
        #expect(document.position(of: try pointer("/a")) == Position(line: 3, column: 7))
    }

    @Test("A flow collection that is no JSON is read as YAML")
    func flow() throws {
        #expect(try YAML.parse("{a: b, c: [d, 'e',], }").root == ["a": "b", "c": ["d", "e"]])
        #expect(try YAML.parse("[a, {b: c}] # end").root == ["a", ["b": "c"]])
    }

    @Test("Scalar keys become their text")
    func keys() throws {
        let document = try YAML.parse(
            "200: a\ntrue: b\n1.50: c\nnull: d\n\"\": e\n&k key: f\n*k : g2\n".replacing("*k : g2\n", with: ""))
        #expect(document.root.object?.keys == ["200", "true", "1.50", "null", "", "key"])
        #expect(try YAML.parse("- &k key\n- {*k : 1}").root == ["key", ["key": 1]])
    }

    @Test(
        "Keys that are no scalars, or missing, are refused",
        arguments: ["? [a]\n: b", "? {a: b}\n: c", "{[a]: b}", "- &x [1]\n- {*x : 2}", ": a", "? \n: a"])
    func complexKeys(text: String) throws {
        let error = try #require(throws: YAMLError.self) { try YAML.parse(text) }
        #expect(error.message.contains("key"))
    }

    @Test("A key that stands twice is refused with both places")
    func duplicates() throws {
        let error = try #require(throws: YAMLError.self) { try YAML.parse("a: 1\nb:\n  c: 1\n  d: 2\n  \"c\": 3") }
        #expect(error.position == Position(line: 5, column: 3))
        #expect(
            error.description
                == #"line 5, column 3: the key "c" stands twice in one mapping; it stands first at line 3, column 3"#)
        #expect(throws: YAMLError.self) { try YAML.parse("{\"a\": 1, \"a\": 2}") }
        #expect(throws: YAMLError.self) { try YAML.parse("1: a\n\"1\": b") }
    }

    @Test("A second document is refused", arguments: ["a: 1\n---\nb: 2\n", "a\n...\n---\n", "---\n---\n"])
    func documents(text: String) throws {
        let error = try #require(throws: YAMLError.self) { try YAML.parse(text) }
        #expect(error.message.contains("second document"))
        #expect(error.position.line > 1)
    }

    @Test(
        "Bytes that are not UTF-8 are refused where they stand",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0x80], [0xC3], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func encoding(bytes: [UInt8]) throws {
        let error = try #require(throws: YAMLError.self) { try YAML.parse(Array("a: é\nb: é".utf8) + bytes) }
        #expect(error.message.contains("UTF-8"))
        #expect(error.position == Position(line: 2, column: 5))
    }

    @Test("UTF-16 is refused")
    func utf16() {
        #expect(throws: YAMLError.self) { try YAML.parse([0xFF, 0xFE, 0x61, 0x00]) }
        #expect(throws: YAMLError.self) { try YAML.parse([0xFE, 0xFF, 0x00, 0x61]) }
    }

    @Test(
        "What is no YAML is refused with its line",
        arguments: [
            ("a: [1\nb: 2", 2), ("a:\n\t- b", 2), ("a: 'x", 1), ("a: b: c", 1), ("a: 1\n b: 2", 2), ("- a\nb", 2),
            ("{a: 1", 1),
            ("a: \"\\q\"", 1), ("a: @x", 1), ("a: \u{1}", 1), ("%YAML 9.9\n---\na", 1), ("]", 1), ("a: \"\\ud800\"", 1),
            ("a: 1\n}", 2),
        ])
    func syntax(text: String, line: Int) throws {
        let error = try #require(throws: YAMLError.self) { try YAML.parse(text) }
        #expect(error.position.line >= line)
        #expect(error.position.line <= line + 1)
        #expect(!error.message.isEmpty)
    }

    @Test("Of a broken JSON text the JSON parser's finding is told")
    func brokenJSON() throws {
        let error = try #require(throws: YAMLError.self) { try YAML.parse("{\n  \"a\": \"\\ud83d\"\n}") }
        #expect(error.position == Position(line: 2, column: 9))
    }

    @Test("S10: depth, bytes and values are bounded")
    func limits() throws {
        let limits = YAMLLimits(depth: 3, bytes: 100, nodes: 6)
        _ = try YAML.parse("a: [[x]]", limits: limits)
        for text in [
            "a: [[[x]]]", "- - - - x", "[[[[1]]]]", "- 1\n- 2\n- 3\n- 4\n- 5\n- 6", String(repeating: "a", count: 101),
        ] {
            #expect(throws: YAMLError.self) { try YAML.parse(text, limits: limits) }
        }
        #expect(throws: YAMLError.self) { try YAML.parse(String(repeating: "[", count: 1_000_000)) }
        #expect(throws: YAMLError.self) { try YAML.parse(String(repeating: "- ", count: 100_000)) }
        #expect(throws: YAMLError.self) { try YAML.parse(String(repeating: "{a: ", count: 100_000)) }
        _ = try YAML.parse(String(repeating: "[", count: 128) + "x" + String(repeating: "]", count: 128))
    }

    @Test("Every prefix and every changed byte either parses or fails")
    func mutations() {
        let bytes = Array("a: &x [1, 'b', \"\\u00e9\"]\nc: {<<: {d: e}}\nf: |\n  g\nh: *x # é\n".utf8)
        for length in 0..<bytes.count { _ = try? YAML.parse(Array(bytes.prefix(length))) }
        for index in bytes.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = bytes
                changed[index] = byte
                guard let document = try? YAML.parse(changed) else { continue }
                #expect(throws: Never.self) { try JSON.parse(document.root.bytes()) }
            }
        }
    }
}
