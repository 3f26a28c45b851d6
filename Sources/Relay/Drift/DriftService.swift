import Drift
import Logging
import NIOPosix
import Registry
import ServiceLifecycle
import StoreSQLite

/// Looks at answers that did not follow their schema, beside the calls that brought them, and keeps what they amount to.
struct DriftService: Service {
    private let recorder: DriftRecorder
    private let book: DriftBook
    private let logger: Logger

    /// Between two rounds, so that what comes quickly is looked at and written together.
    private static let pause = Duration.seconds(1)

    init(recorder: DriftRecorder, store: SQLiteStore, directory: Directory, logger: Logger) {
        self.recorder = recorder
        book = DriftBook(store: store, directory: directory) { user, slug throws(StoreError) in
            try store.api(user: user, slug: slug)
        }
        self.logger = logger
    }

    func run() async throws {
        // A thread of its own: schemas may take a while, and changes must not wait for them.
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        await cancelWhenGracefulShutdown {
            for await _ in recorder.rings {
                await round(pool)
                try? await Task.sleep(for: Self.pause)
            }
        }
        // What came last is counted as well.
        await round(pool)
        try await pool.shutdownGracefully()
    }

    private func round(_ pool: NIOThreadPool) async {
        let batches = recorder.take()
        guard !batches.isEmpty else { return }
        do {
            let opened = try await pool.runIfActive { [book] in try book.enter(batches) }
            for proposal in opened {
                logger.notice(
                    "an API's answers do not follow their schema any more; a change is proposed",
                    metadata: ["api": "\(proposal.api)", "endpoint": "\(proposal.endpoint)", "id": "\(proposal.id)"])
            }
        } catch is CancellationError {
            return
        } catch {
            // A full disk: what was counted is lost, and the next answers tell the same.
            logger.error("proposals of schema changes could not be kept", metadata: ["reason": "\(error)"])
        }
    }
}
