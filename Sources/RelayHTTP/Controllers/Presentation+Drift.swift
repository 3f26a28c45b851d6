import Registry
import Value

extension Presentation {
    /// A proposal without the schemas it would write.
    static func proposal(_ proposal: DriftProposal, of slug: String) -> JSONObject {
        JSONObject([
            ("id", .string(proposal.id)), ("api", .string(slug)), ("endpoint", .string(proposal.endpoint)),
            ("status", .string(proposal.state.rawValue)), ("base", .string(proposal.base.etag)),
            ("first_seen_at", time(proposal.firstSeen)), ("last_seen_at", time(proposal.lastSeen)),
            ("closed_at", time(proposal.closed)), ("mismatches", .number(JSONNumber(proposal.mismatches))),
            ("examined", .number(JSONNumber(proposal.lookedAt))),
            ("deviations", .array(proposal.deviations.map(\.json))),
            ("obstacle", proposal.change.obstacle.map { .string($0) } ?? .null),
        ])
    }

    /// A proposal with all it would change; `proposed_schema` is the endpoint's own, null where only shared ones change.
    static func wholeProposal(_ proposal: DriftProposal, of slug: String) -> JSON {
        var object = self.proposal(proposal, of: slug)
        object["proposed_schema"] = proposal.change.ownPart?.schema ?? .null
        object["changes"] = .array(proposal.change.parts.map(\.json))
        return .object(object)
    }
}
