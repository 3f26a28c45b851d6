package import EgressPolicy

/// Where an API's owner hears that it fails, works again, or soon will not.
package struct AlertPlan: Sendable, Hashable {
    package let origin: Origin
    /// Path and query of the webhook.
    package let target: RequestTarget
    /// Signs each message.
    package let secret: AuthPlan.Credential
}
