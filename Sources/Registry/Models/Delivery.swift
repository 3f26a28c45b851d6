/// One message to a user's webhook, and how far it has come.
package struct Delivery: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// To be sent, or sent again.
        case pending
        /// The receiver answered with success.
        case delivered
        /// Given up.
        case failed
    }

    package var id: String
    package var user: String
    package var api: String?
    /// What happened, as `errors.rate`.
    package var event: String
    /// When it happened, in microseconds since 1970.
    package var time: Int64
    package var state: State
    /// Times it was sent.
    package var attempts: Int
    /// When it is to be sent next, in microseconds since 1970; `nil` when it is not.
    package var nextAttempt: Int64?
    /// What the receiver answered last; `nil` for no answer.
    package var lastStatus: Int?

    package init(
        id: String, user: String, api: String? = nil, event: String, time: Int64, state: State = .pending,
        attempts: Int = 0, nextAttempt: Int64? = nil, lastStatus: Int? = nil
    ) {
        self.id = id
        self.user = user
        self.api = api
        self.event = event
        self.time = time
        self.state = state
        self.attempts = attempts
        self.nextAttempt = nextAttempt
        self.lastStatus = lastStatus
    }
}
