import Failure
import Limits
import Synchronization

/// Runs long pieces of work away from event loops, on a few threads of which one user gets only some.
///
/// An event loop serves thousands of callers, and all of them wait while it parses one's ten megabytes. Pieces of less than
/// ``threshold`` bytes run where they are: to cross to a thread and back costs more than they do.
package final class WorkPool: Sendable {
    /// From this many bytes on, work leaves the event loop: 256 KiB of the costliest JSON take it about 15 ms, of
    /// ordinary JSON a fraction of that.
    package static let threshold = 256 << 10

    private enum Turn: Sendable {
        case part(UnownedJob, UserExecutor)
        case whole(@Sendable () -> Void)

        func run() {
            switch self {
            case .part(let job, let executor): job.runSynchronously(on: executor.asUnownedTaskExecutor())
            case .whole(let body): body()
            }
        }
    }

    private let queue: Mutex<FairQueue<Turn>>
    private let limiter: UserConcurrencyLimiter
    private let start: (@Sendable (@escaping @Sendable () -> Void) -> Void)?

    /// - Parameters:
    ///   - threads: pieces that run at a time. One user's run on half of them at most, and on one at least.
    ///   - most: pieces that run or wait, of all users.
    ///   - mostOfOne: of these, those of one user.
    ///   - start: runs a closure on one of that many threads; nil where everything runs on the caller's.
    package init(
        threads: Int, most: Int = 1024, mostOfOne: Int = 128,
        start: (@Sendable (@escaping @Sendable () -> Void) -> Void)?
    ) {
        queue = Mutex(FairQueue(places: max(threads, 1), share: max(threads / 2, 1)))
        limiter = UserConcurrencyLimiter(total: most, perUser: mostOfOne)
        self.start = start
    }

    /// Runs everything on the caller's thread.
    package static var none: WorkPool { WorkPool(threads: 1, start: nil) }

    /// Runs a piece of a user's work: here, or on a thread of the pool when it is long.
    ///
    /// What `body` makes and does not return is freed there too: to free a large value takes as long as to make it.
    ///
    /// - Parameter bytes: how much there is to do.
    /// - Throws: `OVERLOADED` where too much is waiting; what `body` throws.
    package func run<Result>(
        for user: String, bytes: Int, _ body: () async throws -> Result
    ) async throws -> Result {
        guard isLong(bytes) else { return try await body() }
        guard limiter.enter(user) else {
            throw CallFailure(
                .overloaded, stage: .relay, detail: "Too many large requests and answers are being worked on.",
                retryAfter: 1)
        }
        defer { limiter.leave(user) }
        return try await withTaskExecutorPreference(UserExecutor(pool: self, user: user), operation: body)
    }

    /// Runs what a request that may be large comes to, with its waits. Only its turns take places: who is slow to send keeps
    /// nobody out.
    package func host<Result>(
        for user: String, bytes: Int, _ body: () async throws -> Result
    ) async throws -> Result {
        guard isLong(bytes) else { return try await body() }
        return try await withTaskExecutorPreference(UserExecutor(pool: self, user: user), operation: body)
    }

    /// Whether so many bytes are worked on away from event loops.
    func isLong(_ bytes: Int) -> Bool { bytes >= Self.threshold && start != nil }

    /// Runs a user's job on a thread of the pool when it is that user's turn, and returns at once; where the pool has no
    /// threads, runs it here. Whoever submits bounds how many wait.
    package func submit(for user: String, _ job: @escaping @Sendable () -> Void) {
        guard start != nil else { return job() }
        enqueue(.whole(job), user)
    }

    /// Pieces that run or wait now.
    package var count: Int { limiter.count }

    fileprivate func enqueue(_ job: UnownedJob, _ executor: UserExecutor) {
        enqueue(.part(job, executor), executor.user)
    }

    private func enqueue(_ turn: Turn, _ user: String) {
        let turn = queue.withLock { $0.add(turn, of: user) }
        guard let turn, let start else { return }
        start { [self] in
            var turn = Optional(turn)
            while let current = turn {
                current.job.run()
                turn = queue.withLock { $0.ended(current.user) }
            }
        }
    }
}

/// Has one user's tasks run in the pool.
private final class UserExecutor: TaskExecutor {
    let pool: WorkPool
    let user: String

    init(pool: WorkPool, user: String) {
        self.pool = pool
        self.user = user
    }

    func enqueue(_ job: consuming ExecutorJob) {
        pool.enqueue(UnownedJob(job), self)
    }
}
