import Failure
package import Registry
package import Vault

/// Who calls, and under which name the call is known.
package struct CallContext: Sendable {
    package var token: Token
    package var requestID: String
    /// The request id of the test that this call is part of, if any.
    package var parent: String?
    package var watch: CallerWatch
    /// W3C trace context, passed on as it came.
    package var traceparent: String?
    /// For a definition that is tried before it is saved: its own plain credentials, by reference, which are in no vault.
    /// What is learnt by such a call says nothing of the API that is saved, and changes nothing of it.
    package var draftSecrets: [String: Secret]?

    /// Whether it calls a definition that is not saved.
    package var isDraft: Bool { draftSecrets != nil }

    /// Under which name what is learnt of an API is kept.
    func stateKey(_ api: CompiledAPI) -> String { isDraft ? "draft:\(parent ?? requestID)" : api.id }

    /// The same caller's next call within this one, which is a test.
    func child() -> CallContext {
        var child = self
        child.requestID = RequestID.generate().description
        child.parent = requestID
        return child
    }

    package init(token: Token, requestID: String, watch: CallerWatch, traceparent: String? = nil) {
        self.token = token
        self.requestID = requestID
        self.watch = watch
        self.traceparent = traceparent
    }
}
