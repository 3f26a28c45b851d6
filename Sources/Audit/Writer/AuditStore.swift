/// Where the chain is kept.
package protocol AuditStore: Sendable {
    /// The chain's end as stored; `.empty` in a new store.
    func auditChain() async throws -> AuditChain
    /// Appends the entries in one transaction and returns when it is durable. All or none; a cancelled caller does
    /// not stop it.
    func append(_ entries: [AuditEntry]) async throws
    /// Commits something small durably, to learn whether commits work again.
    func probe() async throws
}
