package import EgressPolicy
import Value

/// Looks for what describes an API, and infers a draft from what it answers. Experimental.
///
/// It reads only: every request is a GET, save GraphQL introspection where POST was permitted for it. What it makes of
/// the answers is for a person to look at and to accept.
package struct Discovery: Sendable {
    package var base: BaseURL
    package var options: DiscoveryOptions
    package var importers: DiscoveryImporters
    package var fetcher: any DiscoveryFetcher

    package init(
        base: BaseURL, options: DiscoveryOptions = DiscoveryOptions(), importers: DiscoveryImporters,
        fetcher: any DiscoveryFetcher
    ) {
        self.base = base
        self.options = options
        self.importers = importers
        self.fetcher = fetcher
    }

    /// Asks until everything was asked or the budget is spent. Where the task is cancelled, what was found until then
    /// comes back.
    package func run(clock: some Clock<Duration> = ContinuousClock()) async -> DiscoveryResult {
        var session = DiscoverySession(base: base, options: options, importers: importers)
        let start = clock.now
        while true {
            if Task.isCancelled { session.stop(.cancelled) }
            switch session.next(at: start.duration(to: clock.now)) {
            case .ask(let probe, let request):
                do throws(DiscoveryFetchError) {
                    session.answered(try await fetcher.fetch(request), to: probe)
                } catch {
                    session.failed(error, probe)
                }
            case .wait(let duration):
                do {
                    try await clock.sleep(until: clock.now.advanced(by: duration), tolerance: nil)
                } catch {
                    session.stop(.cancelled)
                }
            case .end(let end):
                return session.result(end)
            }
        }
    }
}
