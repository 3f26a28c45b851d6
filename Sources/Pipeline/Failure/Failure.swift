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
package struct Failure: Error, Sendable, Hashable {
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
    /// What the answer's head says of limits.
    package var fields: [ResponseField] = []

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
    }

    /// The code's title, save where the API itself said that it has no such thing.
    package var title: String {
        if code == .endpointNotFound, upstreamStatus != nil { return "The API has no such resource" }
        return code.title
    }
}
