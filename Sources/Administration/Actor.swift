package import Registry

/// Who asks for a change.
package struct Actor: Sendable {
    package var token: Token
    package var requestID: String

    package init(token: Token, requestID: String) {
        self.token = token
        self.requestID = requestID
    }
}
