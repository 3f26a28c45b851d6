import Audit
import Discovery
import Drafts
import EgressPolicy
import Failure
import Importing
import Limits
import OpenAPI
import Pipeline
import Registry
import RelayHTTP
import Tunnels
import Value

/// Runs discoveries over the ways that calls take, a few at a time.
final class DiscoveryRunner: DiscoveryRunning {
    private let egress: EgressSwitch
    private let hub: TunnelHub
    private let audit: AuditWriter
    private let executor: any TaskExecutor
    private let naming: (any NamingHook)?
    /// Each may take minutes.
    private let limiter = UserConcurrencyLimiter(total: 16, perUser: 4)

    /// - Parameters:
    ///   - executor: where what was found is read, which may keep a processor busy.
    ///   - naming: what the operator configured to name what was inferred; nil for nothing.
    init(
        egress: EgressSwitch, hub: TunnelHub, audit: AuditWriter, executor: any TaskExecutor,
        naming: (any NamingHook)?
    ) {
        self.executor = executor
        self.egress = egress
        self.hub = hub
        self.audit = audit
        self.naming = naming
    }

    func run(
        _ base: BaseURL, _ options: DiscoveryOptions, tunnel: String?, for context: CallContext
    ) async throws(CallFailure) -> JSON {
        let user = context.token.user ?? ""
        guard limiter.enter(user) else {
            throw CallFailure(.overloaded, stage: .relay, detail: "Too many discoveries are running.", retryAfter: 10)
        }
        defer { limiter.leave(user) }
        let way: RouteFetcher.Way = if let tunnel { .tunnel(hub, tunnel) } else { .direct(egress) }
        let fetcher = RouteFetcher(way: way, audit: audit, context: context)
        let discovery = Discovery(base: base, options: options, importers: Self.importers, fetcher: fetcher)
        var result = await withTaskExecutorPreference(executor) { await discovery.run() }
        if let tunnel {
            for index in result.candidates.indices {
                result.candidates[index].draft.definition["tunnel"] = Draft.tunnel(tunnel)
            }
        }
        if let naming, !context.watch.isGone { await result.name(with: naming) }
        // What each endpoint costs an agent's model takes a compilation.
        return await withTaskExecutorPreference(executor) { [result] in result.json(\.listed) }
    }

    private static let importers = DiscoveryImporters { files throws(DiscoveryImportError) in
        do {
            let source = ImportSource(
                files: files.map { ImportFile(name: $0.address.description, bytes: $0.bytes) },
                root: files.first?.address.description)
            return try Importer.draft(
                of: source, options: ImportOptions(sourceURL: files.first?.address.description))
        } catch let error as ImportError {
            throw DiscoveryImportError(error.message)
        } catch {
            throw DiscoveryImportError("It cannot be read.")
        }
    } commands: { commands, base in
        let text = commands.joined(separator: "\n")
        return try? Importer.draft(
            of: ImportSource(files: [ImportFile(name: "commands", bytes: Array(text.utf8))]),
            options: ImportOptions(baseURL: base))
    }
}
