import NIOCore

/// The writer's state machine: what waits, for whom, and whether the last commit worked. Knows no clock and no store.
struct AuditQueue {
    typealias Outcome = Result<Void, AuditError>

    /// Who is told how it went.
    enum Waiter {
        case nobody
        case task(CheckedContinuation<Outcome, Never>)
        case loop(any EventLoop, @Sendable (Outcome) -> Void)
    }

    struct Entry {
        var pending: AuditPending
        /// Who waits until it is durable.
        var waiter: Waiter
    }

    /// What one commit has to carry; no entries means a probe.
    struct Work {
        var entries: [Entry]
        var probes: [CheckedContinuation<Outcome, Never>]
    }

    enum Next {
        case work(Work)
        case wait
        case finished
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
    /// Bytes of `entries`.
    private var bytes = 0
    private var probes: [CheckedContinuation<Outcome, Never>] = []
    /// Kept entries wait for the next arrival or for a retry, so that a broken disk is not hammered.
    private(set) var isStalled = false
    private(set) var isHealthy = true
    private(set) var counts = AuditWriter.Counts()

    init(limits: AuditWriter.Limits) {
        self.limits = limits
    }

    var depth: Int { entries.count }

    /// Whether there is something to commit, or nothing more to come.
    var isReady: Bool { !entries.isEmpty && !isStalled || !probes.isEmpty || life != .open }

    /// Whether relaxed mode should commit before its time: half of what may wait does, or somebody waits.
    var isPressing: Bool {
        !isStalled && (entries.count >= limits.queue / 2 || bytes >= limits.bytes / 2) || !probes.isEmpty
            || life != .open
    }

    private static let closedError = AuditError(.closed, "The audit is shutting down.")

    /// Whether a call may be sent.
    func admission(strict: Bool) -> AuditAdmission {
        guard life == .open else { return .refused(Self.closedError) }
        guard hasRoom else { return .refused(overloaded) }
        return strict && !isHealthy ? .later : .now
    }

    /// Returns why the entry was not queued; its waiter is then still the caller's.
    mutating func add(_ entry: Entry) -> AuditError? {
        guard life == .open else { return Self.closedError }
        guard hasRoom else { return overloaded }
        entries.append(entry)
        bytes += entry.pending.size
        isStalled = false
        return nil
    }

    /// Queues somebody who waits for a probe; returns the answer where that is known already.
    mutating func probe(_ waiter: CheckedContinuation<Outcome, Never>) -> Outcome? {
        guard life == .open else { return .failure(Self.closedError) }
        guard !isHealthy else { return .success(()) }
        guard probes.count < limits.queue else { return .failure(overloaded) }
        probes.append(waiter)
        return nil
    }

    mutating func take() -> Next {
        guard !entries.isEmpty && !isStalled || !probes.isEmpty else {
            return life == .open ? .wait : .finished
        }
        defer { probes = [] }
        var size = 0
        let count = min(
            entries.firstIndex {
                size += $0.pending.size
                return size > limits.batchBytes && size > $0.pending.size
            } ?? entries.count, limits.batch)
        guard count < entries.count else {
            defer {
                let capacity = entries.count
                entries = []
                entries.reserveCapacity(capacity)
                bytes = 0
            }
            return .work(Work(entries: entries, probes: probes))
        }
        defer {
            entries.removeFirst(count)
            bytes = entries.reduce(0) { $0 + $1.pending.size }
        }
        return .work(Work(entries: Array(entries.prefix(count)), probes: probes))
    }

    mutating func succeeded(_ work: Work, isHealthy: Bool) {
        self.isHealthy = isHealthy
        isStalled = false
        counts.records += work.entries.count
        counts.commits += work.entries.isEmpty ? 0 : 1
    }

    /// - Parameter keeping: puts the entries back, for the next attempt.
    mutating func failed(_ work: Work, keeping: Bool) {
        isHealthy = false
        counts.failures += 1
        if keeping && life == .open {
            entries.insert(contentsOf: work.entries, at: 0)
            bytes += work.entries.reduce(0) { $0 + $1.pending.size }
            isStalled = true
        }
    }

    /// Lets kept entries be tried again.
    mutating func retry() {
        isStalled = false
    }

    mutating func close() {
        if life == .open { life = .closing }
        isStalled = false
    }

    /// The writer has ended; nobody may wait any longer.
    mutating func finish() -> (work: Work, error: AuditError) {
        life = .closed
        defer {
            entries = []
            probes = []
            bytes = 0
        }
        return (Work(entries: entries, probes: probes), Self.closedError)
    }

    private var hasRoom: Bool { entries.count < limits.queue && bytes < limits.bytes }

    private var overloaded: AuditError {
        AuditError(.overloaded, "\(entries.count) audit records wait for the disk; try again.")
    }
}

/// Whether a call may be sent, as far as its record goes.
package enum AuditAdmission: Sendable {
    /// Its record could be written.
    case now
    /// It could not.
    case refused(AuditError)
    /// The last commit failed: ``AuditWriter/admit()`` finds out whether one works again.
    case later
}
