import Testing
import Value

@Suite("Positions in JSON documents")
struct DocumentTests {
    private func pointer(_ text: String) throws -> JSONPointer {
        try #require(JSONPointer(text: text))
    }

    @Test("Each value and each key has its place")
    func positions() throws {
        let text = """
            {
              "é": [10, {"x": "😀", "y": null}],
              "b":
                true
            }
            """
        let document = try JSON.parseDocument(text)
        #expect(document.root == ["é": [10, ["x": "😀", "y": nil]], "b": true])
        #expect(document.position(of: .root) == Position(line: 1, column: 1))
        #expect(document.keyPosition(of: .root) == nil)
        #expect(document.position(of: try pointer("/é")) == Position(line: 2, column: 8))
        #expect(document.keyPosition(of: try pointer("/é")) == Position(line: 2, column: 3))
        #expect(document.position(of: try pointer("/é/0")) == Position(line: 2, column: 9))
        #expect(document.position(of: try pointer("/é/1")) == Position(line: 2, column: 13))
        #expect(document.position(of: try pointer("/é/1/y")) == Position(line: 2, column: 29))
        #expect(document.keyPosition(of: try pointer("/é/1/y")) == Position(line: 2, column: 24))
        #expect(document.position(of: try pointer("/b")) == Position(line: 4, column: 5))
    }

    @Test("What is not there has no place, but its surroundings do")
    func absent() throws {
        let document = try JSON.parseDocument("[\n [1]]")
        for text in ["/1", "/0/1", "/0/0/0", "/x", "/00"] {
            #expect(document.position(of: try pointer(text)) == nil)
        }
        #expect(document.nearestPosition(of: try pointer("/0/7/x")) == Position(line: 2, column: 2))
        #expect(document.nearestPosition(of: try pointer("/9")) == Position(line: 1, column: 1))
    }
}
