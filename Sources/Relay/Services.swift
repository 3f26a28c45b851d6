import Administration
import Audit
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import StoreSQLite
import Synchronization
import Tunnels
import UnixSignals

/// Whether the public port takes calls.
final class Readiness: Sendable {
    let isReady = Atomic<Bool>(false)
}

/// Commits audit records for as long as anything else runs, and keeps what is derived from them.
struct AuditService: Service {
    let audit: AuditWriter
    let ledger: AuditLedger
    let logger: Logger

    private static let interval = Duration.seconds(1)
    /// Sealed segments are read at this pace, in bytes a second, so that calls do not notice.
    private static let pace = 8 << 20
    /// How long after all segments were verified they are verified again.
    private static let pause = Duration.seconds(24 * 3600)

    func run() async throws {
        // A thread of its own: reading a segment takes the disk's time.
        let pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
        try await cancelWhenGracefulShutdown {
            async let _: Void = flush(pool)
            async let _: Void = verify(pool)
            try await audit.run()
        }
        // What calls have recorded last.
        try? await pool.runIfActive { [ledger] in try ledger.flush() }
        try await pool.shutdownGracefully()
    }

    private func flush(_ pool: NIOThreadPool) async {
        var told = ""
        while (try? await Task.sleep(for: Self.interval)) != nil {
            do {
                try await pool.runIfActive { [ledger] in try ledger.flush() }
                told = ""
            } catch {
                // A full disk: the next round tries again, and the records are what counts.
                if "\(error)" != told { logger.error("figures cannot be written", metadata: ["reason": "\(error)"]) }
                told = "\(error)"
            }
        }
    }

    private func verify(_ pool: NIOThreadPool) async {
        var last: String?
        var told: Set<String> = []
        while !Task.isCancelled {
            var wait = Self.pause
            do {
                let before = last
                if let found = try await pool.runIfActive({ [ledger] in try ledger.verifyNext(after: before) }) {
                    if let fault = found.fault, told.insert(found.name).inserted {
                        logger.critical(
                            "a segment of the audit does not verify",
                            metadata: ["segment": "\(found.name)", "fault": "\(fault)"])
                    }
                    let isRound = before.map { found.name <= $0 } ?? false
                    last = found.name
                    wait = isRound ? Self.pause : .milliseconds(found.bytes * 1000 / Self.pace)
                } else {
                    wait = .seconds(60)
                }
            } catch {
                logger.error("a segment of the audit cannot be read", metadata: ["reason": "\(error)"])
                wait = .seconds(60)
            }
            try? await Task.sleep(for: wait)
        }
    }
}

/// Ends what the first signal left time for, at the second: calls under way fail, and what they have recorded is kept.
struct SecondSignal: Service {
    func run() async throws {
        // The group hears the same signals; it takes the first.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await cancelWhenGracefulShutdown {
            var caught = 0
            for await _ in signals {
                caught += 1
                if caught == 2 { throw RelayError("The relay was told twice to leave: calls under way were ended.") }
            }
        }
    }
}

/// Tells connectors to leave when the relay does.
struct TunnelLeaving: Service {
    let hub: TunnelHub
    let readiness: Readiness
    let grace: TimeAmount

    func run() async throws {
        try await gracefulShutdown()
        readiness.isReady.store(false, ordering: .releasing)
        await hub.drainAll(grace: grace)
    }
}

/// Ends tokens whose time is over, and notes when tokens were last used.
struct TokenUpkeep: Service {
    let administration: Administration
    let pool: NIOThreadPool

    /// A tunnel's session outlives its token by no more.
    private static let interval = Duration.seconds(5)
    /// Every so many rounds the store is told of tokens' use.
    private static let rounds = 12

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var since = administration.now()
            var round = 0
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                administration.endExpiredTokens()
                round += 1
                guard round % Self.rounds == 0 || Task.isCancelled else { continue }
                let now = administration.now()
                do {
                    try await pool.runIfActive { [since] in try administration.saveTokenUse(since: since) }
                    since = now
                } catch {
                    // A full disk is no reason to stop: the next round tries again.
                }
            }
        }
    }
}

/// Notes when tunnels were last seen, so that it is known after they, or the relay, have gone.
struct TunnelSightings: Service {
    let hub: TunnelHub
    let store: SQLiteStore
    let pool: NIOThreadPool

    private static let interval = Duration.seconds(30)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                let live = hub.liveTunnels()
                guard !live.isEmpty else { continue }
                let now = WallClock.microseconds()
                // A full disk is no reason to stop: the next round tries again.
                try? await pool.runIfActive {
                    try store.touchTunnels(Dictionary(uniqueKeysWithValues: live.map { ($0, now) }))
                }
            }
        }
    }
}
