import Failure
package import Hummingbird
import NIOCore
import Pipeline
package import Registry

/// What a request carries through the router.
package struct RelayContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    package let requestID: String
    /// The caller's connection, or stream of it.
    let channel: any Channel
    /// The largest body that is read, in bytes. Set by ``ProblemMiddleware``.
    var bodyLimit = 10 << 20
    /// Where requests with large bodies are worked on. Set by ``ProblemMiddleware``.
    var work = WorkPool.none
    /// Set by ``RequireToken``.
    package var token: Token?

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        requestID = RequestID.generate().description
    }

    /// The token a handler behind ``RequireToken`` can count on.
    func requireToken() throws(CallFailure) -> Token {
        guard let token else {
            throw CallFailure(.unauthorized, stage: .policy, detail: "The token is missing or not valid.")
        }
        return token
    }
}
