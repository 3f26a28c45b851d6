import Audit
import Failure
import Logging
import NIOPosix
import ServiceLifecycle
import Vault

/// Takes over what commands do to the vault while the relay serves, `vault rotate` above all, and records it: the chain
/// has one writer.
struct VaultWatch: Service {
    let vault: Vault
    let source: RelayConfiguration.MasterKeySource
    let audit: AuditWriter
    let logger: Logger

    private static let interval = Duration.seconds(1)
    /// When the new master key is not to be had yet: its source may be a program that somebody has to pay for.
    private static let retryInterval = Duration.seconds(10)

    func run() async throws {
        // A thread of its own: a command that prints the key may take its time, and changes must not wait for it.
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        await watch(pool)
        try await pool.shutdownGracefully()
    }

    private func watch(_ pool: NIOThreadPool) async {
        await cancelWhenGracefulShutdown {
            var stamp: Int64?
            var term = vault.masterTerm
            var told: [String] = []
            while !Task.isCancelled {
                let (next, failures) = await look(since: stamp, on: pool)
                stamp = next ?? stamp
                // A write may have taken it over before.
                if vault.masterTerm != term {
                    term = vault.masterTerm
                    logger.notice("the master key was rotated; the new one is in use")
                    await record("vault.master_key", of: "term \(term)")
                }
                if failures != told {
                    for failure in failures {
                        logger.error(
                            "the vault was changed and could not be read again", metadata: ["reason": "\(failure)"])
                    }
                    told = failures
                }
                try? await Task.sleep(for: failures.isEmpty ? Self.interval : Self.retryInterval)
            }
        }
    }

    private func record(_ action: String, of target: String) async {
        let record = AuditRecord(
            kind: .admin, time: WallClock.microseconds(), requestID: RequestID.generate().description, outcome: "OK",
            action: action, target: target)
        do {
            try await audit.append(record)
        } catch {
            logger.error("a change of the vault could not be recorded", metadata: ["reason": "\(error)"])
        }
    }

    private func look(since stamp: Int64?, on pool: NIOThreadPool) async -> (stamp: Int64?, failures: [String]) {
        do {
            let (stamp, found) = try await pool.runIfActive { [vault, source] in
                try vault.follow(since: stamp) { try source.load().keys }
            }
            if found.rekeyed > 0 { await record("vault.user_keys", of: "\(found.rekeyed) users") }
            if found.users > 0 {
                logger.info(
                    "users' keys or credentials were changed by a command", metadata: ["users": "\(found.users)"])
            }
            return (stamp, found.failures)
        } catch {
            return (nil, ["\(error)"])
        }
    }
}
