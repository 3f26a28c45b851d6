package import Administration
package import Audit
package import Hummingbird
package import Pipeline
package import Registry
package import Tunnels

/// Everything of the public port but calls.
///
/// - Parameters:
///   - imports: makes drafts of what describes an API.
///   - discoveries: runs discoveries.
///   - addresses: where direct calls come from.
///   - publicURL: how people and agents reach the relay.
///   - requestBytes: the largest body that is read, in bytes.
package func buildRelayRouter(
    administration: Administration, directory: Directory, pipeline: Pipeline, hub: TunnelHub,
    keys: IdempotencyKeys, deliveries: any DeliveryStore, log: any AuditLog & AuditStatistics,
    imports: ImportService, discoveries: any DiscoveryRunning, addresses: @escaping @Sendable () -> [String],
    publicURL: String?,
    requestBytes: Int
) -> Router<RelayContext> {
    let router = Router(context: RelayContext.self)
    router.add(middleware: CompressionMiddleware(administration: administration, work: pipeline.work))
    router.add(middleware: ProblemMiddleware(bodyLimit: requestBytes, work: pipeline.work))
    router.add(middleware: IdempotencyMiddleware(administration: administration, keys: keys))
    PeopleController(administration: administration).add(to: router)
    TunnelController(administration: administration, hub: hub).add(to: router)
    let apis = APIController(administration: administration, statistics: log, pipeline: pipeline)
    apis.add(to: router)
    LogController(administration: administration, log: log, deliveries: deliveries).add(to: router)
    DriftController(administration: administration).add(to: router)
    PlatformController(administration: administration, addresses: addresses, publicURL: publicURL).add(to: router)
    let tests = TestController(administration: administration, directory: directory, pipeline: pipeline)
    tests.add(to: router)
    let importing = ImportController(administration: administration, service: imports)
    importing.add(to: router)
    DiscoveryController(administration: administration, runner: discoveries).add(to: router)
    APIVerbs(
        administration: administration, handlers: ["test": tests.testSaved, "import": importing.importOnto],
        operatorHandlers: ["suspend": apis.suspend, "resume": apis.resume]
    ).add(to: router)
    ToolController(administration: administration, directory: directory).add(to: router)
    return router
}
