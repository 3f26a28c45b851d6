import Audit
import Lines

/// A store in memory that can hold a commit back, and can fail. Its commits run on the writer's thread; tests look at it
/// from their tasks.
final class GatedAuditStore: AuditStore {
    struct Failure: Error {}

    private struct State {
        var entries: [AuditEntry] = []
        var transactions: [Int] = []
        var probes = 0
        var settled = 0
        var isNearlyFull = false
        var isBroken = false
        var isHolding = false
        var held = 0
    }

    private let state = Monitor(State())

    var entries: [AuditEntry] { get async { state.withLock { $0.entries } } }
    var transactions: [Int] { get async { state.withLock { $0.transactions } } }
    var probes: Int { get async { state.withLock { $0.probes } } }
    /// Commits after which figures could be derived.
    var settled: Int { get async { state.withLock { $0.settled } } }

    func append(_ records: [AuditPending]) throws {
        pass()
        try state.withLock { state in
            if state.isBroken { throw Failure() }
            state.transactions.append(records.count)
            var chain = state.entries.last.map { AuditChain(sequence: $0.sequence, hash: $0.hash) } ?? .empty
            state.entries += records.map { chain.next($0.record) }
        }
    }

    func probe() throws {
        state.withLock { $0.probes += 1 }
        pass()
        try state.withLock { if $0.isBroken || $0.isNearlyFull { throw Failure() } }
    }

    func settle() { state.withLock { $0.settled += 1 } }

    func breakDisk() async { state.withLock { $0.isBroken = true } }
    func repairDisk() async { state.withLock { ($0.isBroken, $0.isNearlyFull) = (false, false) } }
    /// A record still fits, and no more.
    func fillDisk() async { state.withLock { ($0.isBroken, $0.isNearlyFull) = (false, true) } }
    func hold() async { state.withLock { $0.isHolding = true } }

    /// Lets the commits held so far, and all later ones, pass.
    func release() async { state.signal { $0.isHolding = false } }

    /// Returns once a commit is being held.
    func untilHeld() async {
        while state.withLock({ $0.held }) == 0 { await Task.yield() }
    }

    private func pass() {
        state.withLock { if $0.isHolding { $0.held += 1 } }
        state.wait(until: { !$0.isHolding }, then: { $0.held = 0 })
    }
}
