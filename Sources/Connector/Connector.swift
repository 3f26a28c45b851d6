import EgressPolicy
package import Logging
import NIOCore
import NIOPosix
import ReverseHTTP
import Synchronization

/// An on-premise connector: keeps sessions with the relay, and makes the calls that come through them, as far as the
/// local policy allows.
package final class Connector: Sendable {
    private enum Stage: Int {
        case running, draining, forced
    }

    private struct State {
        var stage = Stage.running
        /// Kept as long as the slots run.
        var leave: EventLoopPromise<Void>?
        var healthPort: Int?
    }

    private let configuration: ConnectorConfiguration
    private let policy: LocalPolicy
    private let tls: OriginTLS
    private let audit: AuditFile?
    private let dialer: RelayDialer
    private let resolver: NameResolver
    private let surroundings: TunnelSlot.Surroundings
    private let logger: Logger
    private let metrics = Metrics()
    private let sessions = SessionTable()
    private let state = Mutex(State())

    /// Checks everything that can be checked without the network, and opens the audit file.
    ///
    /// - Throws: ``ConnectorError``.
    package convenience init(configuration: ConnectorConfiguration, logger: Logger) throws(ConnectorError) {
        try self.init(configuration: configuration, logger: logger, resolver: NameResolver(), surroundings: .init())
    }

    init(
        configuration: ConnectorConfiguration, logger: Logger, resolver: NameResolver,
        surroundings: TunnelSlot.Surroundings
    ) throws(ConnectorError) {
        self.configuration = configuration
        self.logger = logger
        self.resolver = resolver
        do throws(RuleError) {
            policy = try ConnectorPolicy.make(configuration.allow)
        } catch {
            throw ConnectorError(.configuration, "allow: \(error)")
        }
        tls = try OriginTLS(configuration.allow)
        dialer = try RelayDialer(configuration, resolver: resolver)
        do throws(DialFailure) {
            _ = try dialer.token()
        } catch {
            throw ConnectorError(.configuration, "\(error)")
        }
        audit =
            if let path = configuration.auditFile { try AuditFile(path: path, logger: logger) } else { nil }
        var surroundings = surroundings
        surroundings.session.drainGrace = TimeAmount(configuration.shutdownGrace)
        self.surroundings = surroundings
    }

    /// Sessions that are up.
    package var sessionCount: Int { sessions.count }

    /// The port of the health listener, once it listens.
    package var healthPort: Int? { state.withLock { $0.healthPort } }

    /// Runs until ``shutdown()``. Owns every thread, task and socket of the connector.
    ///
    /// - Throws: ``ConnectorError`` when the health listener's address cannot be had.
    package func run() async throws {
        let threads = min(configuration.connections, 4)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        do {
            let health = try await startHealth(on: group.any())
            logger.notice("connector starts", metadata: configuration.startLine)
            await serve(on: group)
            try? await health?.close()
        } catch {
            await end(group)
            throw error
        }
        await end(group)
    }

    /// Leaves gracefully: the relay is told, calls in flight finish within the grace. A second call forces.
    package func shutdown() {
        let (stage, leave) = state.withLock { state -> (Stage, EventLoopPromise<Void>?) in
            state.stage = state.stage == .running ? .draining : .forced
            defer { state.leave = nil }
            return (state.stage, state.leave)
        }
        switch stage {
        case .running: break
        case .draining:
            logger.notice("leaving: calls in flight may finish", metadata: ["calls": "\(calls)"])
            leave?.succeed()
        case .forced:
            logger.warning("leaving at once")
            sessions.closeAll()
        }
    }

    /// Opens the audit file anew, for whoever has moved it away; false where there is none. Any thread.
    package func reopenAudit() -> Bool {
        audit?.reopen()
        return audit != nil
    }

    private var calls: Int { sessions.all.reduce(0) { $0 + $1.streamsInFlight } }

    private func startHealth(on eventLoop: any EventLoop) async throws -> HealthServer? {
        guard let listen = configuration.healthListen else { return nil }
        let health = try await HealthServer(listen, on: eventLoop, status: healthStatus)
        state.withLock { $0.healthPort = health.port }
        return health
    }

    private var healthStatus: HealthServer.Status {
        let (sessions, metrics, audit, state) = (self.sessions, self.metrics, self.audit, Weak(self))
        return HealthServer.Status(
            isReady: { sessions.count > 0 && state.value?.isRunning ?? false },
            metrics: { PrometheusText.render(sessions: sessions.all, metrics: metrics, audit: audit) })
    }

    private var isRunning: Bool { state.withLock { $0.stage == .running } }

    private func serve(on group: MultiThreadedEventLoopGroup) async {
        let loops = Array(group.makeIterator())
        var egress: [NIOLoopBound<EgressLoop>] = []
        let limits = configuration.limits
        let idleLimits = IdleLimits(perOrigin: limits.idlePerOrigin, inAll: limits.idleInAll)
        for loop in loops {
            egress.append((try? await loop.submit { self.makeEgress(on: loop, idleLimits) }.get()) ?? egress[0])
        }
        let identity = Identity()
        let fleet = TunnelFleet(configuration, surroundings: surroundings, logger: logger)
        let leave = loops[0].makePromise(of: Void.self)
        let isLate = state.withLock { state in
            if state.stage == .running { state.leave = leave }
            return state.stage != .running
        }
        if isLate { leave.succeed() }
        await withTaskCancellationHandler {
            await fleet.run(until: leave.futureResult) { [egress] index in
                TunnelSlot(
                    index: index, egress: egress[index % loops.count], eventLoop: loops[index % loops.count],
                    dialer: self.dialer, identity: identity, sessions: self.sessions, fleet: fleet,
                    metrics: self.metrics, surroundings: self.surroundings, logger: self.logger)
            }
        } onCancel: {
            if isRunning { shutdown() }
        }
        sessions.closeAll()
        for (loop, egress) in zip(loops, egress) { try? await loop.submit { egress.value.shutdown() }.get() }
    }

    private func makeEgress(on loop: any EventLoop, _ idleLimits: IdleLimits) -> NIOLoopBound<EgressLoop> {
        let pool = OriginPool(
            eventLoop: loop, limits: configuration.limits, idleLimits: idleLimits,
            hosts: configuration.hosts, tls: tls, resolver: resolver, metrics: metrics)
        return NIOLoopBound(
            EgressLoop(
                eventLoop: loop, pool: pool, responseLimit: configuration.limits.responseBytes, policy: policy,
                audit: audit, metrics: metrics, logger: logger),
            eventLoop: loop)
    }

    private func end(_ group: MultiThreadedEventLoopGroup) async {
        resolver.close()
        try? await group.shutdownGracefully()
        audit?.close()
    }
}

/// A reference that keeps nothing alive.
private struct Weak: Sendable {
    weak let value: Connector?

    init(_ value: Connector) { self.value = value }
}
