import Audit
import Failure
import Logging
import NIOPosix
import Registry
import ServiceLifecycle
import StoreSQLite
import Vault

/// Removes what is too old, in steps so small that calls hardly wait: segments of the audit whose records are all beyond
/// `audit.retention_days`, idempotency keys that have expired, deliveries that were made, credentials whose overlap has
/// ended.
struct Retention: Service {
    let store: SQLiteStore
    let ledger: AuditLedger
    let vault: Vault
    let audit: AuditWriter
    let pool: NIOThreadPool
    /// `audit.retention_days`, as of now.
    let days: @Sendable () -> Int
    let logger: Logger

    private static let interval = Duration.seconds(3600)
    private static let pause = Duration.milliseconds(20)
    private static let step = 1000
    private static let day: Int64 = 86_400_000_000
    /// How long a delivery that is not pending any more is kept, in microseconds: 30 days.
    private static let deliveryLifetime = 30 * day

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await round()
                } catch is CancellationError {
                    return
                } catch {
                    // A full disk, or a record that was changed: the next round tries again, and says so again.
                    logger.error("old records could not be removed", metadata: ["reason": "\(error)"])
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    private func round() async throws {
        let now = WallClock.microseconds()
        let expired = try await removeAll { try $0.removeExpired(at: now, limit: Self.step) }
        let made = try await removeAll {
            try $0.removeDeliveries(before: now - Self.deliveryLifetime, limit: Self.step)
        }
        let values = try await pool.runIfActive { [vault] in try vault.destroyExpiredVersions() }
        if expired + made + values > 0 {
            logger.info(
                "old entries removed",
                metadata: [
                    "idempotency_keys": "\(expired)", "deliveries": "\(made)", "replaced_credentials": "\(values)",
                ])
        }
        let days = days()
        try await pruneAudit(before: now - Int64(days) * Self.day, days: days)
    }

    private func removeAll(_ remove: @escaping @Sendable (SQLiteStore) throws -> Int) async throws -> Int {
        var removed = 0
        while true {
            let step = try await pool.runIfActive { [store] in try remove(store) }
            removed += step
            guard step == Self.step else { return removed }
            try await Task.sleep(for: Self.pause)
        }
    }

    private func pruneAudit(before time: Int64, days: Int) async throws {
        var removed = 0
        while true {
            let step = try await pool.runIfActive { [ledger] in try ledger.prune(before: time, limit: Self.step) }
            removed += step.removed
            guard step.isDone else {
                try await Task.sleep(for: Self.pause)
                continue
            }
            guard removed > 0 else { return }
            logger.info("old audit records removed", metadata: ["records": "\(removed)", "days": "\(days)"])
            let record = step.checkpoint.record(
                time: WallClock.microseconds(), requestID: RequestID.generate().description)
            return try await audit.append(record)
        }
    }
}
