import ArgumentParser
import Testing
import Value

@testable import PenstockCLI

@Suite struct ProposalTextTests {
    @Test("A proposal is told by what was found and by what would change")
    func lines() {
        let proposal: JSON = [
            "endpoint": "get_customer", "status": "open", "mismatches": 7, "examined": 3, "obstacle": nil,
            "deviations": [
                ["path": "/id", "found": "integer", "schema": "/$defs/Customer/properties/id/type", "count": 3],
                ["path": "", "found": "absent", "schema": "/$defs/Customer/required", "count": 1],
            ],
            "changes": [
                [
                    "pointer": "/$defs/Customer", "endpoints": ["get_customer", "list"],
                    "difference": [
                        ["pointer": "/a/type", "old": "string", "new": ["string", "integer"]],
                        ["pointer": "/b", "new": ["type": "null"]], ["pointer": "/c", "old": ["id"]],
                    ],
                ]
            ],
        ]
        #expect(
            ProposalText(proposal).lines == [
                "get_customer: 7 answers did not match, 3 were examined; open", "Found:",
                "  /id: integer, where /$defs/Customer/properties/id/type refuses it (3 times)",
                "  /: absent, where /$defs/Customer/required refuses it (1 times)",
                "Would change /$defs/Customer, of get_customer, list:",
                #"  ~ /a/type: "string" → ["string","integer"]"#, #"  + /b: {"type":"null"}"#, #"  - /c: ["id"]"#,
            ])
        #expect(
            ProposalText(["obstacle": "nothing helps"]).lines.last == "No change is proposed: nothing helps")
    }

    @Test("One proposal is decided on at a time")
    func one() throws {
        #expect(throws: (any Error).self) {
            try PenstockCommand.parseAsRoot(["apis", "drift", "crm", "--accept", "a", "--dismiss", "b"])
        }
        #expect(throws: (any Error).self) {
            try PenstockCommand.parseAsRoot(["apis", "drift", "crm", "a", "--accept", "b"])
        }
        let command = try PenstockCommand.parseAsRoot(["apis", "drift", "crm", "--accept", "a"])
        #expect((command as? APIsCommand.Drift)?.accept == "a")
    }
}
