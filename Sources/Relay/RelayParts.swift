import Administration
import Audit
import Discovery
import Drift
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import Pipeline
import Registry
import RelayHTTP
import StoreSQLite
import Tunnels
import Vault

/// What the relay is made of, but for its listeners.
struct RelayParts: Sendable {
    let directory: Directory
    let audit: AuditWriter
    let ledger: AuditLedger
    let hub: TunnelHub
    let administration: Administration
    let keys: IdempotencyKeys
    let pipeline: Pipeline
    let egress: EgressSwitch
    let vault: Vault
    let alerts: AlertService
    let drift: DriftService
    let store: SQLiteStore
    let imports: ImportService
    let discoveries: DiscoveryRunner
    /// The way to the operator's naming service.
    let naming: EgressSwitch

    init(
        _ configuration: RelayConfiguration, _ storage: RelayStorage, _ pool: NIOThreadPool,
        _ importPool: NIOThreadPool, _ work: WorkPool,
        _ logger: Logger
    ) throws {
        store = storage.store
        let opened = try RelayAudit.open(configuration.dataDirectory, storage.store) { logger.notice("\($0)") }
        for alarm in opened.opening.alarms {
            logger.critical("the audit does not verify", metadata: ["fault": "\(alarm)"])
        }
        if opened.opening.cut > 0 {
            logger.notice("a record that was being written was cut off", metadata: ["bytes": "\(opened.opening.cut)"])
        }
        ledger = opened.ledger
        audit = AuditWriter(
            store: opened.ledger, durability: configuration.durability == .strict ? .strict : .relaxed)
        directory = Directory { user, job in work.submit(for: user, job) }
        let hub = TunnelHub(eventLoop: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
        self.hub = hub
        let egress = EgressSwitch(try RelayEgress.client(configuration, logger: logger))
        self.egress = egress
        imports = ImportService(
            offload: ThreadOffload(pool: importPool), fetcher: SpecFetcher(egress: egress, audit: audit))
        naming = EgressSwitch(try NamingService.client(configuration, logger: logger))
        let hook = configuration.llm.map { [naming] in NamingService.hook($0, naming) }
        discoveries = DiscoveryRunner(
            egress: egress, hub: hub, audit: audit, executor: ThreadPoolExecutor(pool: importPool), naming: hook)
        let vault = storage.vault
        self.vault = vault
        let offload = ThreadOffload(pool: pool)
        keys = IdempotencyKeys(
            store: storage.store, vault: storage.vault, offload: offload, now: WallClock.microseconds)
        // What a crash cut short may be tried again.
        try storage.store.releaseUnfinished()
        let routes = Pipeline.Routes { api, context in
            if let tunnel = api.route.tunnel {
                let route = TunnelRoute(hub: hub, tunnelID: tunnel)
                return api.followsRedirects ? FollowingRoute(base: route, api: api) : route
            }
            return DirectRoute(egress: egress.current, vault: vault, api: api, draftSecrets: context.draftSecrets)
        } token: { api, way in
            if way == .tunnel, let tunnel = api.route.tunnel { return TunnelRoute(hub: hub, tunnelID: tunnel) }
            return DirectRoute(egress: egress.current, vault: vault, api: api, isTokenEndpoint: true)
        }
        let inbox = AlertInbox()
        let health = HealthTable(tell: inbox.tell)
        alerts = AlertService(
            inbox: inbox, health: health, store: storage.store, directory: directory, vault: vault, egress: egress,
            pool: pool, logger: logger)
        let recorder = DriftRecorder()
        drift = DriftService(recorder: recorder, store: storage.store, directory: directory, logger: logger)
        let pipeline = Pipeline(
            directory: directory, vault: vault, audit: audit, limits: Pipeline.Limits(configuration),
            clock: CallClock(wall: WallClock.microseconds), logger: logger, health: health,
            drift: recorder, work: work, routes: routes
        ) { secret, credential in
            do {
                try await offload.run {
                    _ = try vault.put(secret, user: credential.user, api: credential.api, field: credential.field)
                }
            } catch {
                logger.error("a new refresh token could not be kept", metadata: ["api": "\(credential.api)"])
            }
        }
        self.pipeline = pipeline
        administration = Administration(
            store: storage.store, drift: storage.store, vault: storage.vault, directory: directory, audit: audit,
            offload: offload, now: WallClock.microseconds, permissions: DefinitionPermissions(configuration)
        ) { ending in
            switch ending {
            case .api(let id): pipeline.forget(api: id)
            case .apiChanged(let id):
                pipeline.changed(api: id)
                inbox.ring()
            case .token(let id): hub.disconnect(tokenID: id)
            case .tunnel(let id): hub.disconnect(tunnelID: id)
            case .user(let id): hub.disconnect(userID: id)
            }
        }
        try loadDirectory(pipeline, logger)
    }

    /// Loads tokens, and which APIs there are. What else an API's calls need is readied before its first one.
    private func loadDirectory(_ pipeline: Pipeline, _ logger: Logger) throws {
        let apis = try store.apiNames().map(\.id)
        let earlier = try EarlierCalls(ledger: ledger, apis: apis, now: WallClock.microseconds())
        try directory.load(from: store) { [vault] api in
            do {
                // So that no call's first credential waits for the disk.
                try vault.preload(user: api.user)
            } catch {
                // The user's own calls fail, and nobody else's.
                logger.error("a user's credentials cannot be read", metadata: ["reason": "\(error)"])
            }
            do {
                let most = max(api.limits.perMinute ?? 0, api.limits.perDay ?? 0)
                let times = try earlier.take(api: api.id, most: most, now: WallClock.microseconds())
                if most > 0 { pipeline.restore(api: api.id, callTimes: times) }
            } catch {
                logger.error(
                    "an API's calls of before the start cannot be counted",
                    metadata: ["api": "\(api.id)", "reason": "\(error)"])
            }
        } report: { api, reason in
            logger.error("a definition cannot be used", metadata: ["api": "\(api)", "reason": "\(reason)"])
        }
    }
}
