import Logging
import NIOPosix
import Registry
import ServiceLifecycle
import Vault

/// Loads the credentials of all users with APIs after the start, one user after another. From then on they can be opened
/// while the master key's source gives another key. What a call needs earlier is loaded before it.
struct CredentialLoading: Service {
    let directory: Directory
    let vault: Vault
    let pool: NIOThreadPool
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for user in directory.owners {
                guard !Task.isCancelled else { return }
                do {
                    try await pool.runIfActive { [vault] in try vault.preload(user: user) }
                } catch let error as VaultError {
                    // Their own calls fail, and nobody else's.
                    logger.error("a user's credentials cannot be read", metadata: ["reason": "\(error)"])
                } catch {
                    // A disk that fails now: their next call tries again.
                    continue
                }
            }
        }
    }
}
