package import Logging
package import NIOSSL
import ServiceLifecycle
import Synchronization

/// The TLS context of new connections, made anew when its files change. A bad pair of files changes nothing: the last
/// good one stays in use, and the log says why (T16). Connections keep the context they began with.
package final class ReloadingTLSContext: Service {
    /// What a look at the files came to.
    package enum Outcome: Sendable, Hashable {
        case unchanged
        case replaced
        case kept(TLSIdentityError)
    }

    private struct State {
        var context: NIOSSLContext
        /// Of what the files held at the last look; they hold a key, so nothing more of them is kept.
        var fingerprint: Int
    }

    private let identity: TLSIdentity
    private let interval: Duration
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameter interval: time between two looks at the files. Default 5 s.
    package init(
        _ identity: TLSIdentity, interval: Duration = .seconds(5), logger: Logger
    ) throws(TLSIdentityError) {
        let contents = identity.read()
        self.identity = identity
        self.interval = interval
        self.logger = logger
        self.state = Mutex(
            State(context: try identity.context(from: contents), fingerprint: contents.hashValue))
    }

    /// The context for a connection that begins now; any thread.
    package var current: NIOSSLContext {
        state.withLock { $0.context }
    }

    /// Looks at the files once, and takes them if they have changed and are good.
    @discardableResult
    package func reload() -> Outcome {
        let contents = identity.read()
        let fingerprint = contents.hashValue
        let isChanged = state.withLock { state in
            defer { state.fingerprint = fingerprint }
            return state.fingerprint != fingerprint
        }
        guard isChanged else { return .unchanged }
        do {
            let context = try identity.context(from: contents)
            state.withLock { $0.context = context }
            logger.info("certificate replaced", metadata: ["file": "\(identity.certificateChain)"])
            return .replaced
        } catch {
            logger.error("certificate not replaced; the last good one stays in use", metadata: ["error": "\(error)"])
            return .kept(error)
        }
    }

    /// Looks at the files at every interval until the service is shut down or its task cancelled.
    package func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: self.interval)
                self.reload()
            }
        }
    }
}
