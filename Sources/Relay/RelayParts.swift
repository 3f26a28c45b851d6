import Administration
import Audit
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
    let directory = Directory()
    let audit: AuditWriter
    let hub: TunnelHub
    let administration: Administration
    let pipeline: Pipeline
    let store: SQLiteStore

    init(_ configuration: RelayConfiguration, _ storage: RelayStorage, _ pool: NIOThreadPool, _ logger: Logger) throws {
        store = storage.store
        audit = AuditWriter(
            store: storage.store, durability: configuration.durability == .strict ? .strict : .relaxed)
        let hub = TunnelHub(eventLoop: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
        self.hub = hub
        administration = Administration(
            store: storage.store, vault: storage.vault, directory: directory, audit: audit,
            offload: ThreadOffload(pool: pool), now: WallClock.microseconds
        ) { ending in
            switch ending {
            case .token(let id): hub.disconnect(tokenID: id)
            case .tunnel(let id): hub.disconnect(tunnelID: id)
            case .user(let id): hub.disconnect(userID: id)
            }
        }
        var limits = Pipeline.Limits()
        limits.responseBytes = configuration.limits.responseBytes
        limits.callsInFlight = configuration.limits.callsInFlight
        pipeline = Pipeline(
            directory: directory, vault: storage.vault, audit: audit, limits: limits,
            clock: CallClock(wall: WallClock.microseconds), logger: logger
        ) { api in TunnelRoute(hub: hub, tunnelID: api.tunnel) }
        for (api, error) in try directory.load(from: storage.store) {
            logger.error("a definition cannot be used", metadata: ["api": "\(api.id)", "reason": "\(error)"])
        }
        // So that no call's first credential waits for the disk.
        for user in directory.owners { try storage.vault.preload(user: user) }
    }
}
