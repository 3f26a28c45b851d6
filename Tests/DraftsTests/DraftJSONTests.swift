import Drafts
import Testing
import Value

@Suite struct DraftJSONTests {
    private static let draft = Draft(
        source: .openapi, version: "3.0.3",
        definition: [
            "name": "Shop", "connection": ["base_url": "https://shop.example.com"],
            "$defs": ["Order": ["properties": ["next": ["$ref": "#/$defs/Item"]]], "Item": true, "Unused": true],
        ],
        operations: [
            DraftOperation(
                method: "GET", path: "/orders/{id}", operationID: "getOrder", tags: ["orders"],
                endpoint: [
                    "name": "get_order", "method": "GET", "path": "/orders/{id}",
                    "response_schema": ["$ref": "#/$defs/Order"],
                ],
                findings: [
                    Finding(
                        .change, "style_changed", "Changed.", at: JSONPointer(["paths", "/orders/{id}"]),
                        file: "a.yaml",
                        position: Position(line: 7, column: 3))
                ], pointer: JSONPointer(["paths", "/orders/{id}", "get"])),
            DraftOperation(
                method: "POST", path: "/orders", isDeprecated: true,
                endpoint: ["name": "create", "method": "POST", "path": "/orders"]),
            DraftOperation(method: "TRACE", path: "/orders", findings: [Finding(.leftOut, "method", "No.")]),
        ], findings: [Finding(.note, "servers", "Several.")])

    @Test("A draft's JSON tells each operation's outcome, place and price, and leaves out what is absent")
    func whole() {
        let json = Self.draft.json(tokens: { $0["name"] == "create" ? 40 : 60 })
        #expect(json["source"] == ["kind": "openapi", "version": "3.0.3"])
        #expect(
            json["totals"] == [
                "operations": 3, "imported": 1, "imported_with_changes": 1, "left_out": 1, "not_selected": 0,
                "tokens": 100,
            ])
        #expect(
            json["operations"]?[0] == [
                "method": "GET", "path": "/orders/{id}", "operation_id": "getOrder", "name": "get_order",
                "tags": ["orders"], "outcome": "imported_with_changes", "tokens": 60,
                "pointer": "/paths/~1orders~1{id}/get",
                "findings": [
                    [
                        "effect": "change", "code": "style_changed", "message": "Changed.",
                        "pointer": "/paths/~1orders~1{id}", "file": "a.yaml", "line": 7, "column": 3,
                    ]
                ],
            ])
        #expect(json["operations"]?[1]?["deprecated"] == true)
        #expect(json["operations"]?[2]?["outcome"] == "left_out")
        #expect(json["operations"]?[2]?["tokens"] == nil)
        #expect(json["definition"]?["endpoints"]?.array?.count == 2)
        #expect(json["definition"]?["$defs"]?.object?.keys == ["Order", "Item"])
        #expect(json["findings"]?[0]?["code"] == "servers")
    }

    @Test("What is not selected is said to be, and is not in the definition")
    func selection() {
        let json = Self.draft.json(selecting: { $0.method == "POST" }, tokens: { _ in 40 })
        #expect(json["operations"]?[0]?["outcome"] == "not_selected")
        #expect(json["totals"]?["not_selected"] == 1)
        #expect(json["totals"]?["tokens"] == 40)
        #expect(json["definition"]?["endpoints"]?.array?.count == 1)
        #expect(json["definition"]?["$defs"] == nil)
    }

    @Test("A draft without prices has none in its totals")
    func unpriced() {
        #expect(Self.draft.json()["totals"]?["tokens"] == nil)
        #expect(Self.draft.json()["definition"] == Self.draft.wholeDefinition)
    }
}
