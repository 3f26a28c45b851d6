import Audit
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
        var dates: CertificateDates
        /// What the log last said of the dates, and when.
        var told: (state: CertificateDates.State, at: Int64)?
        /// Of what the files held at the last look; they hold a key, so nothing more of them is kept.
        var fingerprint: Int
    }

    private let identity: TLSIdentity
    private let interval: Duration
    private let logger: Logger
    private let now: @Sendable () -> Int64
    private let state: Mutex<State>

    /// A certificate that is about to expire, or has, is reported once a day.
    private static let tellsAgainAfter: Int64 = 86_400

    /// - Parameters:
    ///   - interval: time between two looks at the files. Default 5 s.
    ///   - now: seconds since 1970.
    package init(
        _ identity: TLSIdentity, interval: Duration = .seconds(5), logger: Logger,
        now: @escaping @Sendable () -> Int64 = { WallClock.microseconds() / 1_000_000 }
    ) throws(TLSIdentityError) {
        let contents = identity.read()
        self.identity = identity
        self.interval = interval
        self.logger = logger
        self.now = now
        let (context, dates) = try identity.context(from: contents)
        self.state = Mutex(State(context: context, dates: dates, fingerprint: contents.hashValue))
    }

    /// When the certificate in use is valid.
    package var dates: CertificateDates { state.withLock { $0.dates } }

    /// What there is to say of the certificate's dates now; nil where all is well.
    package var notice: String? { dates.notice(now: now()) }

    /// Says in the log what there is to say of the certificate's dates.
    ///
    /// - Parameter again: also where it was said less than a day ago.
    package func report(again: Bool = true) {
        let time = now()
        let dates = state.withLock { state -> CertificateDates? in
            let found = state.dates.state(now: time)
            if !again, let told = state.told, told.state == found, time - told.at < Self.tellsAgainAfter { return nil }
            state.told = (found, time)
            return state.dates
        }
        guard let dates, let notice = dates.notice(now: time) else { return }
        logger.log(
            level: dates.state(now: time) == .expiring ? .warning : .error, "the relay's certificate: \(notice)",
            metadata: ["file": "\(identity.certificateChain)"])
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
            let (context, dates) = try identity.context(from: contents)
            state.withLock { ($0.context, $0.dates) = (context, dates) }
            logger.info("certificate replaced", metadata: ["file": "\(identity.certificateChain)"])
            report()
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
                self.report(again: false)
            }
        }
    }
}
