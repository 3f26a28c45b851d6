package import Registry
package import Vault

/// Who calls, and under which name the call is known.
package struct CallContext: Sendable {
    package var token: Token
    package var requestID: String
    package var watch: CallerWatch
    /// W3C trace context, passed on as it came.
    package var traceparent: String?
    /// The credentials of a definition that is tried before it is saved, by reference; they are in no vault.
    package var draftSecrets: [String: Secret] = [:]

    package init(token: Token, requestID: String, watch: CallerWatch, traceparent: String? = nil) {
        self.token = token
        self.requestID = requestID
        self.watch = watch
        self.traceparent = traceparent
    }
}
