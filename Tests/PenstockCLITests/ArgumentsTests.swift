import Testing
import Value

@testable import PenstockCLI

@Suite struct ArgumentsTests {
    @Test("key=text is text, key:=JSON is JSON")
    func words() throws {
        let arguments = try Arguments(["id=cust_1", "limit:=10", "q=a=b", "tags:=[\"x\"]", "empty="])
        #expect(arguments.object == ["id": "cust_1", "limit": 10, "q": "a=b", "tags": ["x"], "empty": ""])
        #expect(arguments.ambiguous.isEmpty)
    }

    @Test("Text that may be a number takes the type that the schema names")
    func settle() throws {
        var arguments = try Arguments(["id=12345", "limit=10", "flag=true", "either=1", "unknown=5", "whole=1.5"])
        #expect(arguments.ambiguous == ["id", "limit", "flag", "either", "unknown", "whole"])
        arguments.settle([
            "properties": [
                "id": ["type": "string"], "limit": ["type": "integer"], "flag": ["type": "boolean"],
                "either": ["type": ["string", "integer"]], "whole": ["type": "integer"],
            ]
        ])
        #expect(
            arguments.object
                == ["id": "12345", "limit": 10, "flag": true, "either": "1", "unknown": "5", "whole": "1.5"])
    }

    @Test("What is not key=value is wrong usage", arguments: [["x"], ["=x"], [":=1"], ["a:={"], ["a=1", "a=2"]])
    func wrong(_ words: [String]) {
        let failure = #expect(throws: CommandFailure.self) { try Arguments(words) }
        #expect(failure?.kind == .usage)
    }
}
