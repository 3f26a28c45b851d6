import Drift
package import Registry

extension Administration {
    /// An API's proposals of schema changes, newest first, after a cursor (the id of the last one seen).
    package func proposals(
        of api: StoredAPI, state: DriftProposal.State?, limit: Int, after cursor: String?
    ) async throws(AdministrationError) -> [DriftProposal] {
        try await read { [drift] in
            try drift.proposals(user: api.user, api: api.id, state: state, limit: limit, after: cursor)
        }
    }

    package func proposal(_ id: String, of api: StoredAPI) async throws(AdministrationError) -> DriftProposal {
        try await read { [drift] in
            guard let proposal = try drift.proposal(id: id, user: api.user, api: api.id) else { throw Self.noProposal }
            return proposal
        }
    }

    /// How many of an API's proposals are open.
    package func openProposalCount(of api: StoredAPI) async throws(AdministrationError) -> Int {
        try await read { [drift] in try drift.openProposalCount(api: api.id) }
    }

    /// Leaves the schema as it is: answers that deviate so are not told of again until it changes.
    package func dismissProposal(
        _ id: String, of slug: String, condition: WriteCondition, by actor: Actor
    ) async throws(AdministrationError) -> DriftProposal {
        let user = try user(of: actor)
        return try await change("api.drift.dismiss", of: { $0.api }, by: actor) { [self] in
            let (existing, proposal) = try openProposal(id, of: slug, user: user)
            try Self.check(condition, existing)
            try drift.close(id: id, user: user, as: .dismissed, at: now())
            return try drift.proposal(id: id, user: user, api: existing.id) ?? proposal
        }
    }

    /// A proposal that can still be accepted or dismissed, and its API.
    func openProposal(_ id: String, of slug: String, user: String) throws -> (api: StoredAPI, proposal: DriftProposal) {
        guard let api = try store.api(user: user, slug: slug) else {
            throw AdministrationError.missing(.api)
        }
        guard let proposal = try drift.proposal(id: id, user: user, api: api.id) else { throw Self.noProposal }
        guard proposal.state == .open else {
            throw AdministrationError(.superseded, "The proposal is \(proposal.state.rawValue) already.")
        }
        return (api, proposal)
    }

    /// Closes the proposals that a definition which was just written leaves nothing to say to. One that cannot be closed
    /// now is found stale with the next answer, or when it is accepted.
    ///
    /// - Parameter accepting: the proposal that it carries out.
    func close(proposalsOver api: CompiledAPI, accepting: String?) {
        for proposal in (try? drift.openProposals(api: api.id)) ?? [] {
            if proposal.id == accepting {
                try? drift.close(id: proposal.id, user: api.user, as: .accepted, at: now())
            } else if api.endpoint(named: proposal.endpoint)?.responseDigest != proposal.base.digest {
                try? drift.close(id: proposal.id, user: api.user, as: .stale, at: now())
            }
        }
    }

    private static var noProposal: AdministrationError {
        AdministrationError.missing(.proposal)
    }
}
