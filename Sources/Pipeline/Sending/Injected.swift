import EgressPolicy
import Logging
import NIOHTTP1
import Registry
import Vault

/// Which of an API's credentials a call is sent with.
enum CredentialChoice: Sendable, Hashable {
    case current
    /// The one that the last rotation replaced, while both are in force.
    case previous
    /// An access token that is newer than the one of this generation, which the API refused.
    case newer(than: UInt64)
}

/// A request with its credential in place.
struct Injected: Sendable {
    var request: OutboundRequest
    /// What must not come back (C5).
    var secrets: [Secret] = []
    /// What to try when the API refuses this one; nil for nothing.
    var next: CredentialChoice?
    /// Which access token it carries, where it carries one.
    var generation: UInt64?
}
