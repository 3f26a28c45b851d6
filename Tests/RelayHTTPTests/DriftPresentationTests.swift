import Registry
import Testing
import Value

@testable import RelayHTTP

@Suite("Proposals of schema changes as they are shown")
struct DriftPresentationTests {
    private func proposal(own: Bool) -> DriftProposal {
        let place = JSONPointer(["endpoints", "2", "response_schema"])
        let edit = SchemaChange.Edit(
            pointer: place.appending("type"), old: "object", new: ["object", "null"])
        return DriftProposal(
            id: "drf_1", user: "u1", api: "api_1", endpoint: "get", base: .init(etag: "\"api_1-3\"", digest: [1]),
            firstSeen: 1_700_000_000_000_000, lastSeen: 1_700_000_060_000_000, mismatches: 41, lookedAt: 5,
            deviations: [
                Deviation(kind: .init(schema: "/x/type", keyword: "type", path: "/a/*", found: "null"), count: 5)
            ],
            change: SchemaChange(
                edits: [.init(pointer: JSONPointer(["type"]), old: "object", new: ["object", "null"])],
                parts: [
                    .init(place: place, endpoints: ["get"], schema: ["type": ["object", "null"]], difference: [edit])
                ], own: own ? place : JSONPointer(["endpoints", "0", "response_schema"])))
    }

    @Test("a list shows what was found, and leaves what would be written to the one")
    func list() {
        let shown = JSON.object(Presentation.proposal(proposal(own: true), of: "crm"))
        #expect(
            shown == [
                "id": "drf_1", "api": "crm", "endpoint": "get", "status": "open", "base": "\"api_1-3\"",
                "first_seen_at": "2023-11-14T22:13:20.000000Z", "last_seen_at": "2023-11-14T22:14:20.000000Z",
                "closed_at": nil, "mismatches": 41, "examined": 5,
                "deviations": [["schema": "/x/type", "keyword": "type", "path": "/a/*", "found": "null", "count": 5]],
                "obstacle": nil,
            ])
    }

    @Test("one shows all that would change, the endpoint's own schema beside it where that changes")
    func whole() {
        let shown = Presentation.wholeProposal(proposal(own: true), of: "crm")
        #expect(shown["proposed_schema"] == ["type": ["object", "null"]])
        #expect(
            shown["changes"] == [
                [
                    "pointer": "/endpoints/2/response_schema", "endpoints": ["get"],
                    "proposed_schema": ["type": ["object", "null"]],
                    "difference": [
                        [
                            "pointer": "/endpoints/2/response_schema/type", "old": "object",
                            "new": ["object", "null"],
                        ]
                    ],
                ]
            ])
        #expect(Presentation.wholeProposal(proposal(own: false), of: "crm")["proposed_schema"] == .null)
    }
}
