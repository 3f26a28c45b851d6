import Audit
import Glibc
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import Pipeline
import RelayHTTP
import ReverseHTTP
import ServiceLifecycle
import StoreSQLite
import Synchronization
import Tunnels
import UnixSignals
import Version

/// The relay's composition root: everything it is made of, built from one configuration.
package struct Relay: Sendable {
    private let configuration: RelayConfiguration
    private let read: @Sendable () throws -> RelayConfiguration
    private let logger: Logger
    /// For the libraries that run the servers: what they say of starting and stopping, the relay says itself.
    private let libraryLogger: Logger

    /// - Parameter read: reads the configuration again, for a reload; throws every fault that it has.
    package init(
        _ configuration: RelayConfiguration, read: @escaping @Sendable () throws -> RelayConfiguration, logger: Logger
    ) {
        self.configuration = configuration
        self.read = read
        self.logger = logger
        var quiet = logger
        if quiet.logLevel > .debug { quiet.logLevel = .critical }
        self.libraryLogger = quiet
    }

    /// Serves until a signal says to leave, then drains. Throws what keeps it from serving.
    package func run() async throws {
        // Until the reload listens for it: its default would end the relay.
        signal(SIGHUP, SIG_IGN)
        ProcessLimits.forbidCoreDumps()
        let descriptors = ProcessLimits.raiseDescriptors()
        try RelayStorage.holdToServe(configuration.dataDirectory)
        for place in [configuration.listen, configuration.admin] { try ListenCheck.run(place) }
        let storage = try RelayStorage.open(configuration)
        for notice in configuration.notices + storage.warnings { logger.warning("\(notice)") }
        let tls = try ReloadingTLSContext(
            TLSIdentity(certificateChain: configuration.tls.certificateChain, privateKey: configuration.tls.privateKey),
            logger: logger)
        tls.report()
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        // The largest documents take seconds of a processor: they wait for each other, and nothing waits for them.
        let importPool = NIOThreadPool(numberOfThreads: 1)
        importPool.start()
        let workThreads = max(2, System.coreCount)
        let workPool = NIOThreadPool(numberOfThreads: workThreads)
        workPool.start()
        // Also when the pool is closing: a task that never goes on would hold up the end.
        let work = WorkPool(threads: workThreads) { piece in workPool.submit { _ in piece() } }
        let live = LiveConfiguration(configuration)
        let parts = try RelayParts(configuration, storage, pool, importPool, work, logger)
        let readiness = Readiness()
        var group = ServiceGroupConfiguration(
            services: [
                .init(service: SecondSignal()),
                // Stopped last: what calls still in flight have to record.
                .init(service: AuditService(audit: parts.audit, ledger: parts.ledger, logger: logger)),
                .init(service: parts.egress),
                .init(service: parts.naming),
                .init(service: parts.alerts),
                .init(service: parts.drift),
                .init(service: tls),
                .init(
                    service: VaultWatch(
                        vault: storage.vault, source: configuration.masterKey, audit: parts.audit, logger: logger)),
                .init(
                    service: Retention(
                        store: parts.store, ledger: parts.ledger, vault: storage.vault, audit: parts.audit, pool: pool,
                        days: { live.current.auditRetentionDays }, logger: logger)),
                .init(
                    service: Reload(
                        live: live, egress: parts.egress, pipeline: parts.pipeline,
                        administration: parts.administration, tls: tls, read: read, logger: logger)),
                .init(service: TunnelSightings(hub: parts.hub, store: parts.store, pool: pool)),
                .init(
                    service: CredentialLoading(
                        directory: parts.directory, vault: storage.vault, pool: pool, logger: logger),
                    // It ends when all are loaded.
                    successTerminationBehavior: .ignore),
                .init(service: TokenUpkeep(administration: parts.administration, pool: pool)),
                .init(service: adminServer(parts, tls, readiness)),
                .init(service: publicServer(parts, live, tls, descriptors, readiness)),
                // Stopped first: connectors hear that we leave, and go elsewhere.
                .init(service: TunnelLeaving(hub: parts.hub, readiness: readiness, grace: configuration.shutdownGrace)),
            ], gracefulShutdownSignals: [.sigterm, .sigint], logger: libraryLogger)
        group.maximumGracefulShutdownDuration = Duration(configuration.shutdownGrace) + .seconds(5)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            throw describe(error)
        }
        try? await importPool.shutdownGracefully()
        try? await workPool.shutdownGracefully()
        try? await pool.shutdownGracefully()
        try storage.store.close()
        logger.info("relay stopped")
    }

    private func publicServer(
        _ parts: RelayParts, _ live: LiveConfiguration, _ tls: ReloadingTLSContext, _ descriptors: Int,
        _ readiness: Readiness
    ) -> some Service {
        var limits = PortLimits.defaults
        limits.headerBytes = configuration.limits.headerBytes
        limits.drain = configuration.shutdownGrace
        var session = SessionConfiguration.defaults
        session.drainGrace = configuration.shutdownGrace
        let door = TunnelEntrance(administration: parts.administration, hub: parts.hub).door(session)
        let calls = CallService(
            pipeline: parts.pipeline, administration: parts.administration,
            limits: .init(requestBytes: configuration.limits.requestBytes))
        let router = buildRelayRouter(
            administration: parts.administration, directory: parts.directory, pipeline: parts.pipeline, hub: parts.hub,
            keys: parts.keys, deliveries: parts.store, log: parts.ledger, imports: parts.imports,
            discoveries: parts.discoveries,
            addresses: { live.current.egress.addresses }, publicURL: configuration.publicURL,
            requestBytes: configuration.limits.requestBytes)
        let logger = logger
        return Application(
            router: router, server: PublicPortChannel.server(tls: tls, door: door, limits: limits, services: [calls]),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.listen.host, port: configuration.listen.port), serverName: nil,
                backlog: 4096,
                availableConnectionsDelegate: .maximum(max(64, descriptors - 256), logger: logger)),
            onServerRunning: { channel in
                await AcceptErrorHandler.protect(channel, logger: logger)
                logger.info("relay listens", metadata: startLine(channel.localAddress, tls))
                readiness.isReady.store(true, ordering: .releasing)
            }, logger: libraryLogger)
    }

    /// What an operator wants to know of a relay that has started.
    private func startLine(_ address: SocketAddress?, _ tls: ReloadingTLSContext) -> Logger.Metadata {
        var line: Logger.Metadata = [
            "version": "\(Version.text)", "data_dir": "\(configuration.dataDirectory)",
            "admin": "http://\(configuration.admin.host):\(configuration.admin.port)",
            "certificate_ends": "\(tls.dates.end)",
        ]
        if let address, let host = address.ipAddress, let port = address.port {
            line["address"] = "https://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
        if let url = configuration.publicURL { line["public_url"] = "\(url)" }
        return line
    }

    private func adminServer(
        _ parts: RelayParts, _ tls: ReloadingTLSContext, _ readiness: Readiness
    ) -> some Service {
        let metrics = RelayMetrics(
            hub: parts.hub, audit: parts.audit, ledger: parts.ledger, pipeline: parts.pipeline, egress: parts.egress,
            vault: parts.vault, tls: tls)
        let audit = parts.audit
        let router = buildAdminRouter(
            isReady: { readiness.isReady.load(ordering: .acquiring) && audit.isHealthy }, metrics: metrics)
        return Application(
            router: router,
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.admin.host, port: configuration.admin.port)), logger: libraryLogger)
    }

    /// One sentence for what an operator can mend.
    private func describe(_ error: any Error) -> any Error {
        guard let error = error as? IOError else { return error }
        let places =
            "\(configuration.listen.host):\(configuration.listen.port) or "
            + "\(configuration.admin.host):\(configuration.admin.port)"
        switch error.errnoCode {
        case EADDRINUSE: return RelayError("The relay cannot listen: \(places) is in use by another process.")
        case EACCES: return RelayError("The relay may not listen on \(places): use a port above 1023.")
        case EADDRNOTAVAIL: return RelayError("The relay cannot listen: \(places) is no address of this machine.")
        default: return error
        }
    }
}
