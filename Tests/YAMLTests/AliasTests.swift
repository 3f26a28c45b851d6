import Testing
import Value
import YAML

@Suite("YAML aliases and merge keys")
struct AliasTests {
    private func pointer(_ text: String) throws -> JSONPointer {
        try #require(JSONPointer(text: text))
    }

    @Test("Aliases repeat what their anchors name, at the anchors' places")
    func aliases() throws {
        let document = try YAML.parse("a: &x {n: 1}\nb: *x\nc: [&y z, *y, *x]\n")
        #expect(document.root == ["a": ["n": 1], "b": ["n": 1], "c": ["z", "z", ["n": 1]]])
        #expect(document.position(of: try pointer("/b/n")) == Position(line: 1, column: 11))
        #expect(document.keyPosition(of: try pointer("/b")) == Position(line: 2, column: 1))
    }

    @Test("An anchor given again replaces the earlier one")
    func again() throws {
        #expect(try YAML.parse("[&a 1, *a, &a 2, *a]").root == [1, 1, 2, 2])
    }

    @Test("Aliases to nothing and to themselves are refused")
    func wrong() throws {
        let nothing = try #require(throws: YAMLError.self) { try YAML.parse("a: 1\nb: *x\nc: &x 2") }
        #expect(nothing.position == Position(line: 2, column: 4))
        for text in ["&x [*x]", "&x {a: *x}", "a: &x\n  b: [*x]", "&x {<<: *x}"] {
            let error = try #require(throws: YAMLError.self) { try YAML.parse(text) }
            #expect(error.message.contains("inside"))
        }
    }

    @Test("A billion laughs are refused before they are laughed")
    func laughs() throws {
        var text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
        for level in 1...40 {
            let alias = "*a\(level - 1)"
            text += "a\(level): &a\(level) [\(Array(repeating: alias, count: 9).joined(separator: ", "))]\n"
        }
        let error = try #require(throws: YAMLError.self) { try YAML.parse(text) }
        #expect(error.message.contains("aliases expand"))
    }

    @Test("A long scalar cannot be multiplied without bound")
    func longScalar() throws {
        let text = "- &a " + String(repeating: "x", count: 100_000) + "\n" + String(repeating: "- *a\n", count: 1000)
        let error = try #require(throws: YAMLError.self) { try YAML.parse(text) }
        #expect(error.message.contains("aliases expand"))
    }

    @Test("Depth counts through aliases")
    func depth() throws {
        var text = "- &a0 [x]\n"
        for level in 1...200 { text += "- &a\(level) [*a\(level - 1)]\n" }
        let error = try #require(throws: YAMLError.self) { try YAML.parse(text) }
        #expect(error.message.contains("nested"))
    }

    @Test("Merged members fill what the mapping lacks, the earlier mapping first")
    func merge() throws {
        let text = """
            base: &base {a: 1, b: 2}
            more: &more {b: 3, c: 4}
            one:
              <<: *base
              b: 9
            both:
              z: 0
              <<: [*base, *more]
            inline: {<<: {q: 1}, q: 2}
            """
        let document = try YAML.parse(text)
        #expect(document.root["one"] == ["b": 9, "a": 1])
        #expect(document.root["both"] == ["z": 0, "a": 1, "b": 2, "c": 4])
        #expect(document.root["inline"] == ["q": 2])
        #expect(document.position(of: try pointer("/both/c")) == Position(line: 2, column: 23))
        #expect(document.position(of: try pointer("/one/b")) == Position(line: 5, column: 6))
    }

    @Test("A quoted << is an ordinary key")
    func quoted() throws {
        #expect(try YAML.parse("\"<<\": 1").root == ["<<": 1])
    }

    @Test(
        "The merge key takes mappings only, and stands once",
        arguments: ["<<: 1", "<<: [{a: 1}, 2]", "<<:", "<<: {a: 1}\n<<: {b: 1}"])
    func wrongMerge(text: String) throws {
        let error = try #require(throws: YAMLError.self) { try YAML.parse(text) }
        #expect(error.message.contains("<<"))
    }
}
