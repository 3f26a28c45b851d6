import Synchronization

/// Figures of records that the store does not have yet, in memory: a summary includes a call the moment after it was
/// answered, and the store is written once a second.
final class FigureBook: Sendable {
    /// Figures of the records after `start`, up to and with `end`.
    private struct Batch {
        var start: AuditChain
        var end: AuditChain
        var figures = AuditFigures()

        init(after start: AuditChain) {
            self.start = start
            end = start
        }
    }

    private struct State {
        /// Being written.
        var flushing: Batch?
        var current: Batch
        /// Whether more was recorded than is kept here: what is missing is derived again from the journal.
        var isBehind = true
        /// The last record that was recorded.
        var end: AuditChain
    }

    /// Sums that are kept while the store cannot be written; then they are derived again.
    private static let most = 100_000

    private let store: any AuditFigureStore
    private let state: Mutex<State>

    init(_ store: any AuditFigureStore, end: AuditChain) {
        self.store = store
        state = Mutex(State(current: Batch(after: end), end: end))
    }

    /// Adds records, the last of which is at `end`.
    func add(_ records: [AuditPending], end: AuditChain) {
        state.withLock { state in
            state.end = end
            guard !state.isBehind else { return }
            for pending in records { state.current.figures.add(pending.record) }
            state.current.end = end
            if state.current.figures.sums.count > Self.most { state.isBehind = true }
        }
    }

    /// Writes what is in memory to the store. One thread at a time.
    func flush(_ view: () -> JournalView) throws {
        if state.withLock({ $0.isBehind }) { return try catchUp(view) }
        let batch: Batch? = state.withLock { state in
            if let flushing = state.flushing { return flushing }
            guard state.current.end != state.current.start else { return nil }
            state.flushing = state.current
            state.current = Batch(after: state.current.end)
            return state.flushing
        }
        guard let batch else { return }
        // After an error it may have been written, or not.
        if try store.figuresEnd() != batch.end { try store.add(batch.figures, through: batch.end) }
        state.withLock { $0.flushing = nil }
    }

    /// Derives from the journal what the store does not have.
    func catchUp(_ view: () -> JournalView) throws {
        while true {
            var batch = Batch(after: try store.figuresEnd())
            let isDone = state.withLock { state in
                guard batch.end.sequence >= state.end.sequence else { return false }
                state.isBehind = false
                state.flushing = nil
                state.current = Batch(after: batch.end)
                return true
            }
            if isDone { return }
            var count = 0
            try view().forEach(after: batch.end.sequence) { fields, record, format in
                if let record = AuditRecord(bytes: fields) { batch.figures.add(record) }
                guard let view = RecordView(fields) else { return true }
                let hash = format.hash(fields, record)
                batch.end = AuditChain(sequence: view.sequence, hash: hash)
                count += 1
                return count < 100_000
            }
            guard count > 0 else {
                // Nothing more to be read: records are missing at the end.
                batch.end = state.withLock { $0.end }
                try store.add(batch.figures, through: batch.end)
                continue
            }
            try store.add(batch.figures, through: batch.end)
        }
    }

    /// Makes everything anew.
    func rebuild(_ view: () -> JournalView) throws {
        state.withLock { $0.isBehind = true }
        try store.clearFigures()
        try catchUp(view)
    }

    /// What the store says together with what is in memory.
    func read<Value>(
        _ read: () throws -> (Value, AuditChain), merging merge: (inout Value, AuditFigures) -> Void
    ) throws -> Value {
        while true {
            var (value, end) = try read()
            let batches = state.withLock { [$0.flushing, $0.current].compactMap { $0 } }
            // Written between the two: read again.
            if let first = batches.first, first.start.sequence > end.sequence, !state.withLock({ $0.isBehind }) {
                continue
            }
            for batch in batches where batch.start.sequence >= end.sequence { merge(&value, batch.figures) }
            return value
        }
    }
}
