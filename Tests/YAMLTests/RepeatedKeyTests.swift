import Testing
import Value
import YAML

@Suite struct RepeatedKeyTests {
    private let limits = YAMLLimits(acceptsRepeatedKeys: true)

    @Test(
        "a key that stands twice counts with its last value where that is accepted, and the document tells of it",
        arguments: ["a: 1\nb: {x: [1, 2]}\na: {c: 2}\n", "{\"a\": 1,\n\"b\": {\"x\": [1, 2]},\n\"a\": {\"c\": 2}}"])
    func accepted(_ text: String) throws {
        #expect(throws: YAMLError.self) { try YAML.parse(text) }
        let document = try YAML.parse(text, limits: limits)
        #expect(document.root == ["a": ["c": 2], "b": ["x": [1, 2]]])
        #expect(document.repeatedKeys.map(\.key) == ["a"])
        let repeated = try #require(document.repeatedKeys.first)
        #expect(repeated.position == Position(line: 3, column: 1))
        #expect(document.keyPosition(of: JSONPointer(["a"])) == repeated.position)
        #expect(document.position(of: JSONPointer(["a", "c"]))?.line == 3)
        #expect(document.position(of: JSONPointer(["b", "x", "1"]))?.line == 2)
        #expect(document.pointer(ofKeyAt: repeated.position) == JSONPointer(["a"]))
        #expect(document.pointer(ofKeyAt: Position(line: 9, column: 9)) == nil)
    }
}
