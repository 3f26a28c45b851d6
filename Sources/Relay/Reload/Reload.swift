import Administration
import Logging
import Pipeline
import RelayHTTP
import ServiceLifecycle
import Synchronization
import UnixSignals

/// The configuration in force.
final class LiveConfiguration: Sendable {
    private let state: Mutex<RelayConfiguration>

    init(_ configuration: RelayConfiguration) {
        state = Mutex(configuration)
    }

    var current: RelayConfiguration { state.withLock { $0 } }

    func set(_ configuration: RelayConfiguration) { state.withLock { $0 = configuration } }
}

/// Reads the configuration again at `SIGHUP`: the new one is checked whole and then taken over, or refused whole with a
/// sentence, and the old one stays (T16).
struct Reload: Service {
    let live: LiveConfiguration
    let egress: EgressSwitch
    let pipeline: Pipeline
    let administration: Administration
    let tls: ReloadingTLSContext
    /// Reads it; throws every fault that it has.
    let read: @Sendable () throws -> RelayConfiguration
    let logger: Logger

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown {
            for await _ in signals { self.reload() }
        }
    }

    private func reload() {
        do {
            try apply(read())
            logger.notice("configuration reloaded")
            tls.report()
        } catch {
            logger.error("configuration not reloaded; the old one stays in force", metadata: ["reason": "\(error)"])
        }
    }

    private func apply(_ next: RelayConfiguration) throws {
        let old = live.current
        let fixed = old.settingsThatNeedRestart(in: next)
        guard fixed.isEmpty else {
            throw RelayError("\(fixed.joined(separator: ", ")) can only be changed by a restart.")
        }
        // Whatever can fail comes first.
        if old.egress != next.egress || old.limits.callsInFlight != next.limits.callsInFlight {
            try egress.replace(with: try RelayEgress.client(next, logger: logger))
        }
        pipeline.set(Pipeline.Limits(next))
        administration.set(DefinitionPermissions(next))
        live.set(next)
    }
}

extension Pipeline.Limits {
    init(_ configuration: RelayConfiguration) {
        self.init()
        responseBytes = configuration.limits.responseBytes
        callsInFlight = configuration.limits.callsInFlight
    }
}

extension DefinitionPermissions {
    init(_ configuration: RelayConfiguration) {
        self.init()
        allowPrivate = configuration.egress.allowPrivate
        allowsUnverifiedTLS = configuration.egress.allowUnverifiedTLS
    }
}
