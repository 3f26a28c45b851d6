/// Where proposals of schema changes are kept. All methods block on the disk: call them away from event loops.
package protocol DriftStore: Sendable {
    /// An API's proposals, those of the latest answers first, after a cursor (the id of the last one seen).
    ///
    /// - Parameter state: only those in this state; nil: all.
    func proposals(
        user: String, api: String, state: DriftProposal.State?, limit: Int, after cursor: String?
    ) throws(StoreError) -> [DriftProposal]
    func proposal(id: String, user: String, api: String) throws(StoreError) -> DriftProposal?
    /// The open proposal of an endpoint and those that were dismissed.
    func standingProposals(api: String, endpoint: String) throws(StoreError) -> [DriftProposal]
    /// Open proposals of an API, without their deviations and changes.
    func openProposals(api: String) throws(StoreError) -> [DriftProposal]
    /// How many proposals of an API are open.
    func openProposalCount(api: String) throws(StoreError) -> Int
    /// Writes open proposals, new ones and those that are open still, in one transaction, and removes the oldest closed
    /// ones beyond ``DriftLimits/closed``. One that was closed meanwhile, or whose API is gone, is passed over.
    func keep(_ proposals: [DriftProposal]) throws(StoreError)
    /// Closes an open proposal. Throws `notFound`, and `conflict` where it is not open any more.
    func close(
        id: String, user: String, as state: DriftProposal.State, at time: Int64
    ) throws(StoreError)
}

/// How much is kept.
package enum DriftLimits {
    /// Closed proposals of one API.
    package static let closed = 200
}
