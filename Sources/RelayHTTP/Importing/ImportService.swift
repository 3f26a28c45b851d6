package import Administration
import Drafts
import Importing
import OpenAPI
import Pipeline
import Registry
import Synchronization
import Value

/// Imports away from event loops, one after another, with a bound for those that wait.
package final class ImportService: Sendable {
    private let offload: any Offload
    let fetcher: any SpecFetching
    private let waiting = Atomic(0)

    private static let mostWaiting = 16

    /// - Parameter offload: a thread for work that keeps a processor busy for seconds.
    package init(offload: any Offload, fetcher: any SpecFetching) {
        self.offload = offload
        self.fetcher = fetcher
    }

    /// Runs a piece of an import.
    ///
    /// - Throws: `OVERLOADED` where too many wait, `INVALID_REQUEST` for a source that cannot be imported.
    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.mostWaiting else {
            waiting.subtract(1, ordering: .relaxed)
            throw Failure(.overloaded, stage: .relay, detail: "Too many imports are waiting.", retryAfter: 5)
        }
        defer { waiting.subtract(1, ordering: .relaxed) }
        do {
            return try await offload.run(body)
        } catch let error as ImportError {
            throw Failure(
                .invalidRequest, stage: .validation, detail: "Nothing can be imported: \(error)",
                violations: [.init(pointer: "", message: "\(error)")])
        }
    }
}
