/// The writer's state machine: what waits, for whom, and whether the last commit worked. Knows no clock and no store.
struct AuditQueue {
    typealias Waiter = CheckedContinuation<Result<Void, AuditError>, Never>

    struct Entry {
        var record: AuditRecord
        var text: AuditText
        /// Who waits until it is durable; `nil` when nobody does.
        var waiter: Waiter?
    }

    /// What one transaction has to carry; no entries means a probe.
    struct Work {
        var entries: [Entry]
        var probes: [Waiter]
    }

    enum Next {
        case work(Work)
        case wait
        case finished
    }

    /// Continuations to resume, once the lock is released.
    struct Wake {
        var loop: CheckedContinuation<Void, Never>?
        var waiters: [Waiter] = []
        var result: Result<Void, AuditError> = .success(())
        /// Why the entry was not queued; its waiter is still the caller's.
        var refusal: AuditError?
    }

    private enum Life {
        case open
        /// Finishing what is queued.
        case closing
        case closed
    }

    private let limits: AuditWriter.Limits
    private var life = Life.open
    private var entries: [Entry] = []
    private var probes: [Waiter] = []
    private var loop: CheckedContinuation<Void, Never>?
    /// Kept entries wait for the next arrival or for a retry, so that a broken disk is not hammered.
    private var isStalled = false
    private(set) var isHealthy = true
    private(set) var counts = AuditWriter.Counts()

    init(limits: AuditWriter.Limits) {
        self.limits = limits
    }

    var depth: Int { entries.count }

    private static let closedError = AuditError(.closed, "The audit is shutting down.")

    /// Whether the caller has to wait for a probe before a call may be sent.
    func admit(strict: Bool) throws(AuditError) -> Bool {
        guard life == .open else { throw Self.closedError }
        guard entries.count < limits.queue else { throw overloaded }
        return strict && !isHealthy
    }

    mutating func add(_ entry: Entry) -> Wake {
        guard life == .open else { return Wake(refusal: Self.closedError) }
        guard entries.count < limits.queue else { return Wake(refusal: overloaded) }
        entries.append(entry)
        isStalled = false
        return Wake(loop: takeLoop())
    }

    mutating func probe(_ waiter: Waiter) -> Wake {
        guard life == .open else { return Wake(waiters: [waiter], result: .failure(Self.closedError)) }
        guard !isHealthy else { return Wake(waiters: [waiter]) }
        guard probes.count < limits.queue else { return Wake(waiters: [waiter], result: .failure(overloaded)) }
        probes.append(waiter)
        return Wake(loop: takeLoop())
    }

    mutating func take() -> Next {
        guard !entries.isEmpty && !isStalled || !probes.isEmpty else {
            return life == .open ? .wait : .finished
        }
        defer { probes = [] }
        guard entries.count > limits.batch else {
            defer {
                let capacity = entries.count
                entries = []
                entries.reserveCapacity(capacity)
            }
            return .work(Work(entries: entries, probes: probes))
        }
        defer { entries.removeFirst(limits.batch) }
        return .work(Work(entries: Array(entries.prefix(limits.batch)), probes: probes))
    }

    /// The loop has nothing to do; it is woken at once if that changed meanwhile.
    mutating func sleep(_ continuation: CheckedContinuation<Void, Never>) -> Wake {
        if life != .open || !entries.isEmpty && !isStalled || !probes.isEmpty { return Wake(loop: continuation) }
        loop = continuation
        return Wake()
    }

    mutating func succeeded(_ work: Work) -> Wake {
        isHealthy = true
        isStalled = false
        counts.records += work.entries.count
        counts.commits += work.entries.isEmpty ? 0 : 1
        return Wake(waiters: work.entries.compactMap(\.waiter) + work.probes)
    }

    /// - Parameter keeping: puts entries that nobody waits for back, for the next attempt.
    mutating func failed(_ work: Work, _ error: AuditError, keeping: Bool) -> Wake {
        isHealthy = false
        counts.failures += 1
        if keeping && life == .open {
            entries.insert(contentsOf: work.entries, at: 0)
            isStalled = true
        }
        return Wake(waiters: work.entries.compactMap(\.waiter) + work.probes, result: .failure(error))
    }

    /// Lets kept entries be tried again.
    mutating func retry() -> Wake {
        guard isStalled else { return Wake() }
        isStalled = false
        return Wake(loop: takeLoop())
    }

    mutating func close() -> Wake {
        if life == .open { life = .closing }
        isStalled = false
        return Wake(loop: takeLoop())
    }

    /// The loop has ended; nobody may wait any longer.
    mutating func finish() -> Wake {
        life = .closed
        defer {
            entries = []
            probes = []
        }
        return Wake(waiters: entries.compactMap(\.waiter) + probes, result: .failure(Self.closedError))
    }

    private var overloaded: AuditError {
        AuditError(.overloaded, "\(limits.queue) audit records wait for the disk; try again.")
    }

    private mutating func takeLoop() -> CheckedContinuation<Void, Never>? {
        defer { loop = nil }
        return loop
    }
}
