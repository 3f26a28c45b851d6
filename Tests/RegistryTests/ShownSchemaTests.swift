import Registry
import Testing
import Value

@Suite("Schemas as models are shown them")
struct ShownSchemaTests {
    @Test("$comment, empty keywords and x- noise are not shown; properties of these names are")
    func noise() {
        let schema: JSON = [
            "type": "object", "$comment": "internal", "x-internal": true, "description": "", "required": [],
            "properties": [
                "x-rate": ["type": "string", "x-go-name": "Rate", "title": "", "enum": ["a"], "examples": []],
                "$comment": ["type": "string", "deprecated": false, "default": ""],
            ],
            "patternProperties": [:],
        ]
        #expect(
            ShownSchema.make(schema) == [
                "type": "object",
                "properties": [
                    "x-rate": ["type": "string", "enum": ["a"]], "$comment": ["type": "string", "default": ""],
                ],
            ])
    }

    @Test("the shown schema leaves readOnly properties out of required, in any depth and behind references")
    func readOnly() {
        let schema: JSON = [
            "properties": ["boat": ["$ref": "#/$defs/Boat"]], "required": ["boat"],
            "$defs": [
                "Boat": [
                    "required": ["id", "name", "key"],
                    "properties": [
                        "id": ["type": "string", "readOnly": true], "name": [:], "key": ["$ref": "#/$defs/Key"],
                    ],
                ],
                "Key": ["type": "string", "readOnly": true],
            ],
        ]
        let shown = ShownSchema.make(schema)
        #expect(shown["$defs"]?["Boat"]?["required"] == ["name"] && shown["required"] == ["boat"])
        #expect(shown["$defs"]?["Boat"]?["properties"]?["id"]?["readOnly"] == true)
    }

    /// A tree of this depth in `$defs`, each level with ten members.
    private func tree(_ depth: Int) -> JSON {
        var defs = JSONObject()
        for level in 0..<depth {
            let members = (0..<10).map { member -> (String, JSON) in
                let text = String(repeating: "Words about this member. ", count: 12)
                let next: JSON =
                    level + 1 < depth ? ["$ref": .string("#/$defs/L\(level + 1)_\(member)")] : ["type": "string"]
                return ("m\(member)", ["allOf": [next], "description": .string(text)])
            }
            for number in 0..<10 {
                defs["L\(level)_\(number)"] = ["type": "object", "properties": .object(JSONObject(members))]
            }
        }
        return [
            "type": "object", "properties": ["tree": ["$ref": "#/$defs/L0_0"], "id": ["type": "string"]],
            "required": ["id"], "$defs": .object(defs),
        ]
    }

    @Test("a schema beyond the budget is pruned by depth with a note, and refers to nothing that is gone")
    func budget() throws {
        let whole = tree(12)
        #expect(ToolCost.tokens(of: whole.text()) > ShownSchema.tokens)
        let shown = ShownSchema.make(whole)
        #expect(ToolCost.tokens(of: shown.text()) <= ShownSchema.tokens)
        #expect(shown["properties"]?["id"] == ["type": "string"] && shown["required"] == ["id"])
        #expect(shown.text().contains("More of this schema is left out here"))
        #expect(shown["$defs"]?["L0_0"] != nil)
        let kept = Set(shown["$defs"]?.object?.keys ?? [])
        let text = shown.text()
        for level in 0..<12 {
            for number in 0..<10 where text.contains("#/$defs/L\(level)_\(number)\"") {
                #expect(kept.contains("L\(level)_\(number)"))
            }
        }
        #expect(ShownSchema.cost(whole) <= ShownSchema.tokens)
    }

    @Test("names alone that are too many are cut, required ones last")
    func wide() {
        let names = (0..<20_000).map { ("property_number_\($0)", JSON.object(["type": "string"])) }
        let schema: JSON = [
            "type": "object", "properties": .object(JSONObject(names)), "required": ["property_number_19999"],
        ]
        let shown = ShownSchema.make(schema)
        #expect(ToolCost.tokens(of: shown.text()) <= ShownSchema.tokens + 200)
        #expect(shown["properties"]?["property_number_19999"] != nil)
        #expect(shown["description"]?.string?.contains("more properties are left out") == true)
    }

    @Test("of very many values the first are shown, with a note that there are more")
    func values() {
        let values = (0..<40_000).map { JSON.string("value_\($0)") }
        let shown = ShownSchema.make([
            "properties": ["a": ["$ref": "#/$defs/A"]], "$defs": ["A": ["type": "string", "enum": .array(values)]],
        ])
        #expect(shown["$defs"]?["A"]?["enum"]?.array?.count == 100)
        #expect(shown["$defs"]?["A"]?["description"]?.string?.contains("39900 more values") == true)
    }

    @Test("what fits is shown whole")
    func small() {
        let schema: JSON = ["properties": ["a": ["$ref": "#/$defs/A"]], "$defs": ["A": ["items": ["type": "string"]]]]
        #expect(ShownSchema.make(schema) == schema)
    }
}
