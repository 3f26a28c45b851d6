import Testing
import Value
import YAML

@testable import PenstockCLI

@Suite struct YAMLWriterTests {
    private static let values: [JSON] = [
        [:], [], nil, "plain", "", " x ", "true", "No", "12", "1e3", "- a", "a: b", "#c", "a\nb", "é\u{85}\u{2028}",
        "~",
        ["a": ["b": ["c": [1, 2.5, true, nil, "x"]]], "empty": [:], "none": []],
        [["a": 1, "b": [["c": 2], ["d": []]]], [[1, 2], [3]], "z"],
        ["key with: colon": "v", "null": "null", "0x1F": "0x1F", "2024-01-01": "2024-01-01", "=": "<<", "<<": "x"],
        ["url": "https://localhost:1", "origin": "http://10.0.0.0/8:*", "path": "/a/b", "star": "*x", "anchor": "&y"],
    ]

    @Test("What is written reads back as the same value", arguments: values)
    func roundTrip(_ value: JSON) throws {
        #expect(try YAML.parse(YAMLWriter.text(value)).root == value)
    }

    @Test("Mappings inside lists begin on the line of their dash")
    func layout() {
        let text = YAMLWriter.text(["items": [["a": 1, "b": "x"], "z"]])
        #expect(text == "items:\n  - a: 1\n    b: x\n  - z\n")
    }
}
