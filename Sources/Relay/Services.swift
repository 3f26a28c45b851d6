import Administration
import Audit
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

/// Commits audit records for as long as anything else runs.
struct AuditService: Service {
    let audit: AuditWriter

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await audit.run() }
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
