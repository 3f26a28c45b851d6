import Lines
package import NIOCore

/// Appends records to the chain with group commit: while one group is being put on the disk, arrivals gather, and all of
/// them go into the next one.
///
/// A thread of its own writes, and wakes each event loop once a group, whatever number of its calls the group held.
/// `run()` must run as long as records are appended. Nothing is queued without bound.
package final class AuditWriter: Sendable {
    /// When a caller goes on.
    package enum Durability: String, Sendable {
        /// When the record is on disk.
        case strict
        /// When it is queued. It is on disk within a second; while commits fail it is tried again each second.
        case relaxed
    }

    package struct Limits: Sendable {
        /// Records waiting for a commit; more are refused.
        package var queue: Int
        /// Records in one commit.
        package var batch: Int
        /// Bytes of records waiting; more are refused. Default 64 MiB.
        package var bytes = 64 << 20
        /// Bytes of records in one commit. Default 4 MiB.
        package var batchBytes = 4 << 20

        /// 16,384 waiting, 1,024 a commit.
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
        /// Commits that made them so.
        package var commits = 0
        /// Commits that failed.
        package var failures = 0
    }

    private let store: any AuditStore
    private let durability: Durability
    private let sleep: @Sendable (Duration) async throws -> Void
    private let state: Monitor<AuditQueue>

    private static let retryInterval = Duration.seconds(1)
    /// How long relaxed mode gathers records, in milliseconds: with a slow disk still within the second that it promises.
    private static let gathering = 200

    /// - Parameter sleep: waits between attempts to write what relaxed mode keeps.
    package init(
        store: any AuditStore, durability: Durability = .strict, limits: Limits = .defaults,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.store = store
        self.durability = durability
        self.sleep = sleep
        state = Monitor(AuditQueue(limits: limits))
    }

    /// False from a failed commit until one succeeds and, in strict mode, there is room for more than that.
    package var isHealthy: Bool { state.withLock { $0.isHealthy } }

    /// Records waiting for a commit.
    package var queueDepth: Int { state.withLock { $0.depth } }

    /// Totals since the start.
    package var counts: Counts { state.withLock { $0.counts } }

    // MARK: For calls, on their event loop

    /// Whether a call may be sent. Never waits.
    package func admission() -> AuditAdmission {
        state.withLock { $0.admission(strict: durability == .strict) }
    }

    /// Appends one record, and calls `done` on `loop`: in strict mode when the record is durable, in relaxed mode when it
    /// is queued. All that one commit finishes for a loop is called in one go.
    ///
    /// Fails with `AuditError.overloaded` when too many wait, `.notDurable` when the commit failed, `.closed` at shutdown.
    /// Where the answer is known at once, and this is called on `loop`, `done` is called before this returns.
    package func append(
        _ record: AuditRecord, on loop: any EventLoop, _ done: @escaping @Sendable (Result<Void, AuditError>) -> Void
    ) {
        let answer: Result<Void, AuditError>?
        do throws(AuditError) {
            let pending = try AuditPending(record)
            switch durability {
            case .strict:
                answer = add(AuditQueue.Entry(pending: pending, waiter: .loop(loop, done))).map { .failure($0) }
            case .relaxed:
                answer = add(AuditQueue.Entry(pending: pending, waiter: .nobody)).map { .failure($0) } ?? .success(())
            }
        } catch {
            answer = .failure(error)
        }
        guard let answer else { return }
        if loop.inEventLoop { done(answer) } else { loop.execute { done(answer) } }
    }

    // MARK: For tasks

    /// To be called before a call is sent: throws when its record could not be written either.
    ///
    /// After a failed commit, strict mode tries a small one first, shared by all who ask meanwhile.
    package func admit() async throws(AuditError) {
        switch admission() {
        case .now: return
        case .refused(let error): throw error
        case .later:
            let result: Result<Void, AuditError> = await withCheckedContinuation { continuation in
                if let known = state.signal({ $0.probe(continuation) }) { continuation.resume(returning: known) }
            }
            try result.get()
        }
    }

    /// Appends one record; in strict mode, returns when it is durable.
    ///
    /// Throws `AuditError.overloaded` when too many wait, `.notDurable` when the commit failed, `.closed` at shutdown.
    /// A cancelled caller still waits: whether the record is on disk has to be known.
    package func append(_ record: AuditRecord) async throws(AuditError) {
        let pending = try AuditPending(record)
        switch durability {
        case .relaxed:
            if let refusal = add(AuditQueue.Entry(pending: pending, waiter: .nobody)) { throw refusal }
        case .strict:
            let result: Result<Void, AuditError> = await withCheckedContinuation { continuation in
                if let refusal = add(AuditQueue.Entry(pending: pending, waiter: .task(continuation))) {
                    continuation.resume(returning: .failure(refusal))
                }
            }
            try result.get()
        }
    }

    private func add(_ entry: AuditQueue.Entry) -> AuditError? {
        // Relaxed mode's thread looks by itself, five times a second: nobody has to wake it.
        switch durability {
        case .strict: state.signal { $0.add(entry) }
        case .relaxed: state.withLock { $0.add(entry) }
        }
    }

    // MARK: The writer

    /// Commits records until cancelled; then commits what is queued, refuses more, and returns.
    package func run() async throws {
        async let _: Void = retryKept()
        let isStarted = await withTaskCancellationHandler {
            await withCheckedContinuation { ended in
                let isStarted = OwnThread.run {
                    self.write()
                    ended.resume(returning: true)
                }
                if !isStarted { ended.resume(returning: false) }
            }
        } onCancel: {
            state.signal { $0.close() }
        }
        guard isStarted else { throw AuditError(.closed, "The system gives the audit no thread.") }
    }

    /// Relaxed mode only: in strict mode nothing is kept. Ends when cancelled.
    private func retryKept() async {
        guard durability == .relaxed else { return }
        while (try? await sleep(Self.retryInterval)) != nil {
            state.signal { $0.retry() }
        }
    }

    /// The thread's body.
    private func write() {
        while true {
            if durability == .relaxed {
                state.wait(milliseconds: Self.gathering, until: { $0.isPressing }, then: { _ in })
            }
            switch state.wait(until: { durability == .relaxed || $0.isReady }, then: { $0.take() }) {
            case .work(let work): commit(work)
            case .wait: continue
            case .finished:
                let (work, error) = state.withLock { $0.finish() }
                return Self.wake(work, .failure(error), .failure(error))
            }
        }
    }

    private func commit(_ work: AuditQueue.Work) {
        // A disk that was full may have room for one small record, which says nothing of the next call's.
        let isDoubted = durability == .strict && !state.withLock { $0.isHealthy }
        do {
            if !work.entries.isEmpty { try store.append(work.entries.map(\.pending)) }
            if work.entries.isEmpty { try store.probe() }
        } catch {
            let failure = Self.notDurable(error)
            state.withLock { $0.failed(work, keeping: durability == .relaxed) }
            return Self.wake(work, .failure(failure), .failure(failure))
        }
        var room = AuditQueue.Outcome.success(())
        if isDoubted, !work.entries.isEmpty {
            do { try store.probe() } catch { room = .failure(Self.notDurable(error)) }
        }
        let isHealthy = if case .success = room { true } else { false }
        state.withLock { $0.succeeded(work, isHealthy: isHealthy) }
        Self.wake(work, .success(()), room)
        store.settle()
    }

    private static func notDurable(_ error: any Error) -> AuditError {
        AuditError(
            .notDurable, "The audit could not be written (\(error)). Free disk space or repair the data folder.")
    }

    /// Tells everybody how it went, each event loop once.
    ///
    /// - Parameters:
    ///   - result: of the records.
    ///   - room: whether there is room for more of them.
    private static func wake(_ work: AuditQueue.Work, _ result: AuditQueue.Outcome, _ room: AuditQueue.Outcome) {
        var loops: [(loop: any EventLoop, waiting: [@Sendable (AuditQueue.Outcome) -> Void])] = []
        for entry in work.entries {
            switch entry.waiter {
            case .nobody: break
            case .task(let continuation): continuation.resume(returning: result)
            case .loop(let loop, let done):
                if let place = loops.firstIndex(where: { $0.loop === loop }) {
                    loops[place].waiting.append(done)
                } else {
                    loops.append((loop, [done]))
                }
            }
        }
        for (loop, waiting) in loops {
            loop.execute {
                for done in waiting { done(result) }
            }
        }
        for probe in work.probes { probe.resume(returning: room) }
    }
}
