package import Discovery
package import EgressPolicy
package import Failure
package import Pipeline
package import Value

/// Who runs discoveries: over which way, and with whose help for names.
package protocol DiscoveryRunning: Sendable {
    /// What was found, as it is answered.
    ///
    /// - Parameter tunnel: the caller's tunnel to ask through; nil to ask directly.
    func run(
        _ base: BaseURL, _ options: DiscoveryOptions, tunnel: String?, for context: CallContext
    ) async throws(CallFailure) -> JSON
}
