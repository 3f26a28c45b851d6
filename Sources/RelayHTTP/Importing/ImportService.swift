package import Administration
import Drafts
import Failure
import Importing
import Limits
import OpenAPI
import Registry
import Value

/// Imports away from event loops, one after another, with a bound for those that are held in memory.
package final class ImportService: Sendable {
    private let offload: any Offload
    let fetcher: any SpecFetching
    private let limiter = UserConcurrencyLimiter(total: 8, perUser: 2)

    /// - Parameter offload: a thread for work that keeps a processor busy for seconds.
    package init(offload: any Offload, fetcher: any SpecFetching) {
        self.offload = offload
        self.fetcher = fetcher
    }

    /// Has a whole import, its reading included, be one of a few, and of fewer of one user.
    ///
    /// - Throws: `OVERLOADED` where there are too many.
    func admit<Result>(_ user: String, _ body: () async throws -> Result) async throws -> Result {
        guard limiter.enter(user) else {
            throw CallFailure(.overloaded, stage: .relay, detail: "Too many imports are waiting.", retryAfter: 5)
        }
        defer { limiter.leave(user) }
        return try await body()
    }

    /// Runs a piece of an import.
    ///
    /// - Throws: `INVALID_REQUEST` for a source that cannot be imported.
    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        do {
            return try await offload.run(body)
        } catch let error as ImportError {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "Nothing can be imported: \(error)",
                violations: [.init(pointer: "", message: "\(error)")])
        }
    }
}
