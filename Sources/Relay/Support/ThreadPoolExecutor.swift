import NIOPosix

/// Runs tasks on a pool's own threads, where they may keep a processor busy: the threads of the concurrency runtime are
/// few, and calls wait for what runs on them.
final class ThreadPoolExecutor: TaskExecutor {
    private let pool: NIOThreadPool

    init(pool: NIOThreadPool) { self.pool = pool }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        // Also when the pool is closing: a task that never goes on would hold up the end.
        pool.submit { _ in job.runSynchronously(on: executor) }
    }
}
