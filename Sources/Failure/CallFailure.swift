/// Where on its way a call failed.
package enum Stage: String, Sendable, Hashable, CaseIterable {
    case policy, relay, tunnel, connector, dns, tcp, tls, origin, validation
}

/// The way that was chosen for a call, as far as it went.
package enum CallRoute: Sendable, Hashable {
    case direct
    /// Through a connector: the tunnel, which process of the connector, and which of its sessions.
    case tunnel(id: String, connector: String?, session: String?)
}

/// A header field of the relay's own in an answer.
package struct ResponseField: Sendable, Hashable {
    /// Lower case.
    package let name: String
    package let value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// Why a call has no result. Holds nothing a caller must not see: no URL, address, header or secret.
package struct CallFailure: Error, Sendable, Hashable {
    /// One thing wrong with a document, by its place in it.
    package struct Violation: Sendable, Hashable {
        /// JSON Pointer (RFC 6901) into the arguments or the response.
        package var pointer: String
        /// What is wrong there; never the value.
        package var message: String

        package init(pointer: String, message: String) {
            self.pointer = pointer
            self.message = message
        }
    }

    package var code: ErrorCode
    package var stage: Stage?
    /// What happened this time, in one sentence.
    package var detail: String
    /// Whether the same call may succeed later.
    package var isRetryable: Bool
    /// Seconds to wait before it is sent again.
    package var retryAfter: Int?
    /// Whether bytes of the call may have reached the API.
    package var sent: Bool
    package var upstreamStatus: Int?
    /// What the API said, sanitised, at most 8 KiB.
    package var upstreamBody: String?
    package var violations: [Violation]
    /// One short sentence for people: the code's, save where there is a better one.
    package var title: String
    /// What a person can do about it: what the code says, save where there is better advice.
    package var resolution: String
    /// What the answer's head says of limits, and of what was left out of the request.
    package var fields: [ResponseField] = []
    /// How far the request came on its way, for the audit; nil where it was not sent anywhere.
    package var route: CallRoute?
    /// How often the call was sent.
    package var attempts = 0
    /// Whether the request may be sent again at once: its session was closing and provably did not process it, or it is
    /// idempotent.
    package var mayResend = false

    /// - Parameter isRetryable: by default as the code says.
    package init(
        _ code: ErrorCode, stage: Stage? = nil, detail: String, isRetryable: Bool? = nil, retryAfter: Int? = nil,
        sent: Bool = false, upstreamStatus: Int? = nil, upstreamBody: String? = nil, violations: [Violation] = []
    ) {
        self.code = code
        self.stage = stage
        self.detail = detail
        self.isRetryable = isRetryable ?? code.isRetryable
        self.retryAfter = retryAfter
        self.sent = sent
        self.upstreamStatus = upstreamStatus
        self.upstreamBody = upstreamBody
        self.violations = violations
        title = code == .endpointNotFound && upstreamStatus != nil ? "The API has no such resource" : code.title
        resolution = code.resolution
    }
}
