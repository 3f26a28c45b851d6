package import Administration
import Drafts
import Importing
import OpenAPI
import Pipeline
import Registry
import Synchronization
import Value

/// Imports away from event loops, one after another, with a bound for those that are held in memory.
package final class ImportService: Sendable {
    private let offload: any Offload
    let fetcher: any SpecFetching
    private let admitted = Atomic(0)

    private static let most = 8

    /// - Parameter offload: a thread for work that keeps a processor busy for seconds.
    package init(offload: any Offload, fetcher: any SpecFetching) {
        self.offload = offload
        self.fetcher = fetcher
    }

    /// Has a whole import, its reading included, be one of a few.
    ///
    /// - Throws: `OVERLOADED` where there are too many.
    func admit<Result>(_ body: () async throws -> Result) async throws -> Result {
        defer { admitted.subtract(1, ordering: .relaxed) }
        guard admitted.add(1, ordering: .relaxed).newValue <= Self.most else {
            throw Failure(.overloaded, stage: .relay, detail: "Too many imports are waiting.", retryAfter: 5)
        }
        return try await body()
    }

    /// Runs a piece of an import.
    ///
    /// - Throws: `INVALID_REQUEST` for a source that cannot be imported.
    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        do {
            return try await offload.run(body)
        } catch let error as ImportError {
            throw Failure(
                .invalidRequest, stage: .validation, detail: "Nothing can be imported: \(error)",
                violations: [.init(pointer: "", message: "\(error)")])
        }
    }
}
