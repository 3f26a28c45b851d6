import Synchronization

/// Appends records to the chain with group commit: while one transaction is being synced, arrivals gather, and all of
/// them go into the next one.
///
/// `run()` owns the chain and must run as long as records are appended. Nothing is queued without bound.
package final class AuditWriter: Sendable {
    /// When `append` returns.
    package enum Durability: String, Sendable {
        /// When the record is on disk.
        case strict
        /// When it is queued; it is on disk within one commit, and while commits fail it is tried again each second.
        case relaxed
    }

    package struct Limits: Sendable {
        /// Records waiting for a commit; more are refused.
        package var queue: Int
        /// Records in one transaction.
        package var batch: Int

        /// 16,384 waiting, 1,024 a transaction.
        package static let defaults = Limits(queue: 16_384, batch: 1024)

        package init(queue: Int, batch: Int) {
            self.queue = queue
            self.batch = batch
        }
    }

    /// What has happened since the start.
    package struct Counts: Sendable, Hashable {
        /// Records made durable.
        package var records = 0
        /// Transactions that made them so.
        package var commits = 0
        /// Transactions that failed.
        package var failures = 0
    }

    private let store: any AuditStore
    private let durability: Durability
    private let sleep: @Sendable (Duration) async throws -> Void
    private let state: Mutex<AuditQueue>

    private static let retryInterval = Duration.seconds(1)

    /// - Parameter sleep: waits between attempts to write what relaxed mode keeps.
    package init(
        store: any AuditStore, durability: Durability = .strict, limits: Limits = .defaults,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.store = store
        self.durability = durability
        self.sleep = sleep
        state = Mutex(AuditQueue(limits: limits))
    }

    /// False from a failed commit until one succeeds.
    package var isHealthy: Bool { state.withLock { $0.isHealthy } }

    /// Records waiting for a commit.
    package var queueDepth: Int { state.withLock { $0.depth } }

    /// Totals since the start.
    package var counts: Counts { state.withLock { $0.counts } }

    /// To be called before a call is sent: throws when its record could not be written either.
    ///
    /// After a failed commit, strict mode tries a small one first, shared by all who ask meanwhile.
    package func admit() async throws(AuditError) {
        let mustProbe = try state.withLock { queue throws(AuditError) in
            try queue.admit(strict: durability == .strict)
        }
        guard mustProbe else { return }
        let result: Result<Void, AuditError> = await withCheckedContinuation { continuation in
            perform(state.withLock { $0.probe(continuation) })
        }
        try result.get()
    }

    /// Appends one record; in strict mode, returns when it is durable.
    ///
    /// Throws `AuditError.overloaded` when too many wait, `.notDurable` when the commit failed, `.closed` at shutdown.
    /// A cancelled caller still waits: whether the record is on disk has to be known.
    package func append(_ record: AuditRecord) async throws(AuditError) {
        let text = AuditText(record)
        switch durability {
        case .relaxed:
            let entry = AuditQueue.Entry(record: record, text: text, waiter: nil)
            let added = state.withLock { $0.add(entry) }
            perform(added)
            if let refusal = added.refusal { throw refusal }
        case .strict:
            let result: Result<Void, AuditError> = await withCheckedContinuation { continuation in
                let entry = AuditQueue.Entry(record: record, text: text, waiter: continuation)
                let added = state.withLock { $0.add(entry) }
                perform(added)
                if let refusal = added.refusal { continuation.resume(returning: .failure(refusal)) }
            }
            try result.get()
        }
    }

    /// Commits records until cancelled; then commits what is queued, refuses more, and returns.
    ///
    /// Throws the store's error when the chain's end cannot be read at the start.
    package func run() async throws {
        var chain: AuditChain? = try await store.auditChain()
        async let _: Void = retryKept()
        await withTaskCancellationHandler {
            while let work = await nextWork() {
                await commit(work, &chain)
            }
        } onCancel: {
            perform(state.withLock { $0.close() })
        }
        perform(state.withLock { $0.finish() })
    }

    /// Relaxed mode only: in strict mode nothing is kept. Ends when cancelled.
    private func retryKept() async {
        guard durability == .relaxed else { return }
        while (try? await sleep(Self.retryInterval)) != nil {
            perform(state.withLock { $0.retry() })
        }
    }

    private func nextWork() async -> AuditQueue.Work? {
        while true {
            switch state.withLock({ $0.take() }) {
            case .work(let work): return work
            case .finished: return nil
            case .wait:
                await withCheckedContinuation { continuation in
                    perform(state.withLock { $0.sleep(continuation) })
                }
                // The first arrival wakes the loop; letting the others run first makes the batch larger.
                await Task.yield()
            }
        }
    }

    /// - Parameter chain: the chain's end, or `nil` when a failed commit left it in doubt.
    private func commit(_ work: AuditQueue.Work, _ chain: inout AuditChain?) async {
        do {
            var end: AuditChain
            if let chain { end = chain } else { end = try await store.auditChain() }
            if work.entries.isEmpty {
                try await store.probe()
            } else {
                let entries = work.entries.map { end.next($0.record, text: $0.text) }
                try await store.append(entries)
            }
            chain = end
            perform(state.withLock { $0.succeeded(work) })
        } catch {
            chain = nil
            let failure = AuditError(
                .notDurable, "The audit could not be written (\(error)). Free disk space or repair the data folder.")
            perform(state.withLock { $0.failed(work, failure, keeping: durability == .relaxed) })
        }
    }

    /// Resumes outside the lock whatever the queue says has to be resumed.
    private func perform(_ wake: AuditQueue.Wake) {
        wake.loop?.resume()
        for waiter in wake.waiters { waiter.resume(returning: wake.result) }
    }
}
