/// A request that carries an `Idempotency-Key`.
package struct IdempotentRequest: Sendable, Hashable {
    /// Whose key it is: a user's id, or `nil` for the operators together.
    package var user: String?
    package var key: String
    /// SHA-256 of method, path and body: the same key with another request is a mistake.
    package var digest: [UInt8]

    package init(user: String?, key: String, digest: [UInt8]) {
        self.user = user
        self.key = key
        self.digest = digest
    }
}

/// What was answered to a request with an `Idempotency-Key`.
package struct IdempotentResponse: Sendable, Hashable {
    package var status: Int
    /// `nil` for an answer that must not be kept, such as one with a token's text: a repetition then learns that it was
    /// done, and no more. Such answers are not stored sealed either; what is shown once stays shown once.
    package var body: [UInt8]?

    package init(status: Int, body: [UInt8]?) {
        self.status = status
        self.body = body
    }
}

/// What has to be done with a request that carries an `Idempotency-Key`.
package enum IdempotencyClaim: Sendable, Hashable {
    /// Carry it out, then complete or release the claim.
    case claimed
    /// The same request is being carried out.
    case inProgress
    /// It was carried out: answer this.
    case replay(IdempotentResponse)
    /// The key was used for another request.
    case conflict
}
