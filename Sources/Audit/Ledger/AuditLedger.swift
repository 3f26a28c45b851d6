import Lines
import Synchronization

/// A relay's audit: the journal, and what is derived from it.
///
/// A caller waits only until the journal has its record. Indexes and figures are made after that. Whoever reads waits for
/// them, so a page or a summary shows a call as soon as it is answered.
package final class AuditLedger: Sendable {
    private struct Progress {
        var appended: Int64
        var settled: Int64
    }

    package let journal: Journal
    let figures: any AuditFigureStore
    let book: FigureBook
    private let progress: Monitor<Progress>
    /// Segments that do not verify, by name, with the first fault of each.
    private let faultsFound: Mutex<[String: String]>
    /// Held by the one thread that writes figures and indexes.
    private let flushing = Mutex(())

    /// Opens the journal in a folder, and brings the figures up to it.
    ///
    /// - Returns: the ledger, and what the operator has to hear.
    package static func open(
        _ folder: String, figures: any AuditFigureStore, options: Journal.Options = Journal.Options()
    ) throws -> (ledger: AuditLedger, opening: Journal.Opening) {
        let known = try figures.figuresEnd()
        let checkpoint = try figures.auditCheckpoint().chain
        try JournalView.finishRemoval(in: folder, through: checkpoint)
        var (journal, opening) = try Journal.open(
            folder, known: known.sequence > checkpoint.sequence ? known : checkpoint, options: options)
        let ledger = AuditLedger(journal, figures)
        if known.sequence > 0, try !journal.view.holds(known, checkpoint: checkpoint) {
            opening.alarms.append(
                "The figures' last record, \(known.sequence), is not the journal's: figures were made anew.")
            try figures.clearFigures()
        }
        try ledger.book.catchUp { journal.view }
        return (ledger, opening)
    }

    private init(_ journal: Journal, _ figures: any AuditFigureStore) {
        self.journal = journal
        self.figures = figures
        let end = journal.chain
        book = FigureBook(figures, end: end)
        progress = Monitor(Progress(appended: end.sequence, settled: end.sequence))
        faultsFound = Mutex([:])
    }

    /// The journal with everything that was answered until now, indexed.
    func settledView() -> JournalView {
        let appended = progress.withLock { $0.appended }
        // Bounded, should the writer have ended between the two.
        progress.wait(milliseconds: 5000, until: { $0.settled >= appended }, then: { _ in })
        return journal.view
    }

    /// Writes the figures in memory to their store, and the indexes of sealed segments to their files. Called once a
    /// second.
    package func flush() throws {
        try flushing.withLock { _ in
            try journal.settleIndexes()
            try book.flush { settledView() }
        }
    }

    /// Makes all figures anew from the records.
    package func rebuildFigures() throws {
        try flushing.withLock { _ in try book.rebuild { settledView() } }
    }

    // MARK: Faults

    /// Segments that did not verify when they were last read, by name, with the first fault of each.
    package var faults: [String: String] { faultsFound.withLock { $0 } }

    /// Verifies the segment after the one named, of those that are sealed; after the last comes the first.
    ///
    /// - Returns: its name, its size, and its first fault; nil where no segment is sealed.
    package func verifyNext(after name: String?) throws -> (name: String, bytes: Int, fault: String?)? {
        let segments = journal.view.segments
        let sealed = segments.dropLast()
        guard let segment = sealed.first(where: { $0.name > name ?? "" }) ?? sealed.first else { return nil }
        var verifier = AuditVerifier(after: segment.head.start, limit: 1)
        let scan = try segment.scan(&verifier)
        // What follows has to begin where this one ends.
        if let place = segments.firstIndex(where: { $0 === segment }), place + 1 < segments.count {
            verifier.go(to: segments[place + 1].head.start)
        }
        if scan.hasTail, verifier.findings.isEmpty { verifier.skipUnreadable() }
        if let file = IndexFile(segment.indexPath), !file.isWhole() { segment.dropIndexFile() }
        let fault = verifier.findings.first.map(\.description)
        let names = Set(segments.map(\.name))
        let all = faultsFound.withLock { faults in
            faults[segment.name] = fault
            faults = faults.filter { names.contains($0.key) }
            return faults
        }
        try FaultFile.write(all, in: journal.folder)
        return (segment.name, segment.length, fault)
    }
}

extension AuditLedger: AuditStore {
    package func append(_ records: [AuditPending]) throws {
        try journal.append(records)
        let end = journal.chain.sequence
        progress.withLock { $0.appended = end }
    }

    package func probe() throws {
        try journal.probe()
    }

    package func settle() {
        let (records, end) = journal.settle()
        book.add(records, end: end)
        progress.signal { $0.settled = end.sequence }
    }
}

extension AuditLedger: AuditLog {
    package func logs(_ query: AuditQuery) throws -> AuditPage { try settledView().logs(query) }

    package func records(after sequence: Int64, limit: Int) throws -> [(text: [UInt8], stored: AuditChain)] {
        try settledView().records(after: sequence, limit: limit)
    }

    package func storedChain() throws -> AuditChain { journal.chain }

    package func auditCheckpoint() throws -> AuditCheckpoint { try figures.auditCheckpoint() }
}

extension AuditLedger: AuditStatistics {
    package func summary(user: String, api: String, since: Int64?, until: Int64?) throws -> AuditSummary {
        _ = settledView()
        guard let hours = AuditRollup.hours(since: since, until: until) else { return AuditSummary() }
        return try book.read {
            try figures.summary(user: user, api: api, since: since, until: until)
        } merging: { summary, figures in
            for (key, sum) in figures.sums where key.api == api && sum.user == user && hours.contains(key.hour) {
                summary.add(sum.rollup, endpoint: key.endpoint)
            }
        }
    }

    package func usage(user: String?) throws -> [String: AuditUsage] {
        _ = settledView()
        return try book.read {
            try figures.usage(user: user)
        } merging: { usage, figures in
            for (api, one) in figures.usage where user == nil || one.user == user {
                var sum = usage[api] ?? AuditUsage(calls: 0, lastUsed: .min)
                sum.calls.add(one.usage.calls)
                sum.lastUsed = max(sum.lastUsed, one.usage.lastUsed)
                usage[api] = sum
            }
        }
    }

    package func callsToday(of apis: [String], now: Int64) throws -> [String: Int] {
        try today(of: apis, now: now).mapValues(\.calls)
    }

    private func today(of apis: [String], now: Int64) throws -> [String: (calls: Int, limited: Int)] {
        _ = settledView()
        let wanted = Set(apis)
        let hours = AuditRollup.hoursOfDay(now)
        return try book.read {
            try figures.today(of: apis, now: now)
        } merging: { today, figures in
            for (key, sum) in figures.sums where wanted.contains(key.api) && hours.contains(key.hour) {
                var one = today[key.api] ?? (0, 0)
                one.calls.add(sum.rollup.calls)
                one.limited.add(sum.rollup.limited)
                today[key.api] = one
            }
        }
    }

    /// When calls of APIs began, in microseconds since 1970 and sorted, by API; calls that a limit refused are left out.
    ///
    /// - Parameters:
    ///   - apis: of each API at most so many, the newest.
    ///   - since: no call that began earlier.
    package func callTimes(of apis: [String: Int], since: Int64) throws -> [String: [Int64]] {
        try settledView().callTimes(of: apis, since: since)
    }

    package func recentCalls(of apis: [String: Int], since: Int64, now: Int64) throws -> [String: RecentCalls] {
        let times = try settledView().callTimes(of: apis, since: since)
        let today = try today(of: Array(apis.keys), now: now)
        return Dictionary(
            uniqueKeysWithValues: apis.keys.map { api in
                let day = today[api] ?? (0, 0)
                return (api, RecentCalls(times: times[api] ?? [], today: max(0, day.calls - day.limited)))
            })
    }
}

extension AuditLedger: AuditRetention {
    package func prune(before time: Int64, limit: Int) throws -> AuditPruning {
        try journal.sealIfOlder(than: time)
        try flush()
        let checkpoint = try figures.auditCheckpoint()
        let segments = journal.view.segments
        guard segments.count > 1, let segment = segments.first, try segment.index().latest < time else {
            let hours = try figures.move(to: checkpoint, removed: [:], before: time, limit: limit)
            return AuditPruning(removed: 0, isDone: hours < limit, checkpoint: checkpoint)
        }
        var verifier = AuditVerifier(after: checkpoint.chain, limit: 1)
        verifier.go(to: segment.head.start)
        var calls: [String: Int] = [:]
        var count = 0
        let scan = try segment.scan(&verifier) { fields, _ in
            count += 1
            if let record = AuditRecord(bytes: fields), let key = AuditRollup.key(of: record) {
                calls[key.api, default: 0] += 1
            }
        }
        verifier.go(to: segments[1].head.start)
        if scan.hasTail { verifier.skipUnreadable() }
        if let finding = verifier.findings.first {
            throw JournalError(
                .corrupt, "Old audit records are kept, for they do not verify: \(finding) Run audit verify.")
        }
        // The checkpoint first: a segment that is still there then is removed at the next start.
        let moved = AuditCheckpoint(chain: scan.end)
        let hours = try figures.move(to: moved, removed: calls, before: time, limit: limit)
        try journal.remove(segment)
        let isNextOld = try segments.count > 2 && segments[1].index().latest < time
        return AuditPruning(removed: count, isDone: !isNextOld && hours < limit, checkpoint: moved)
    }
}
