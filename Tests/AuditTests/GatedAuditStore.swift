import Audit

/// A store in memory that can hold a commit back, and can fail.
actor GatedAuditStore: AuditStore {
    struct Failure: Error {}

    private(set) var entries: [AuditEntry] = []
    private(set) var transactions: [Int] = []
    private(set) var probes = 0
    private var isBroken = false
    private var isHolding = false
    private var held: [CheckedContinuation<Void, Never>] = []
    private var arrivals: [CheckedContinuation<Void, Never>] = []

    func auditChain() async throws -> AuditChain {
        entries.last.map { AuditChain(sequence: $0.sequence, hash: $0.hash) } ?? .empty
    }

    func append(_ batch: [AuditEntry]) async throws {
        await pass()
        if isBroken { throw Failure() }
        transactions.append(batch.count)
        entries += batch
    }

    func probe() async throws {
        probes += 1
        await pass()
        if isBroken { throw Failure() }
    }

    func breakDisk() { isBroken = true }
    func repairDisk() { isBroken = false }
    func hold() { isHolding = true }

    /// Lets the commits held so far, and all later ones, pass.
    func release() {
        isHolding = false
        for continuation in held { continuation.resume() }
        held = []
    }

    /// Returns once a commit is being held.
    func untilHeld() async {
        if !held.isEmpty { return }
        await withCheckedContinuation { arrivals.append($0) }
    }

    private func pass() async {
        guard isHolding else { return }
        await withCheckedContinuation { continuation in
            held.append(continuation)
            for arrival in arrivals { arrival.resume() }
            arrivals = []
        }
    }
}
