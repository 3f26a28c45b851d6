import Testing

@testable import Failure

struct ErrorCodeTests {
    @Test("every code has the status the interface gives it")
    func statuses() {
        let expected: [String: Int] = [
            "AUTHENTICATION_FAILED": 502, "ENDPOINT_NOT_FOUND": 404, "TIMEOUT": 504, "RATE_LIMITED": 429,
            "SSL_ERROR": 502, "CONNECTION_REFUSED": 502, "SCHEMA_MISMATCH": 502, "INVALID_REQUEST": 400,
            "URL_NOT_ALLOWED": 403, "UNKNOWN_API": 404, "UNAUTHORIZED": 401, "FORBIDDEN": 403, "TUNNEL_OFFLINE": 503,
            "UPSTREAM_ERROR": 502, "RESPONSE_TOO_LARGE": 502, "CREDENTIAL_MISSING": 424, "OVERLOADED": 503,
            "UNKNOWN_USER": 404, "UNKNOWN_TUNNEL": 404, "UNKNOWN_TOKEN": 404, "CANCELLED": 499,
            "NOT_IMPLEMENTED": 501, "INTERNAL": 500,
        ]
        #expect(Dictionary(uniqueKeysWithValues: ErrorCode.allCases.map { ($0.rawValue, $0.status) }) == expected)
    }

    @Test("a problem's type is a URI of the code's name")
    func types() {
        #expect(ErrorCode.timeout.type == "https://penstock.dev/errors/timeout")
        #expect(ErrorCode.schemaMismatch.type == "https://penstock.dev/errors/schema-mismatch")
    }

    @Test("an upstream that has no such resource is told apart from an endpoint we do not know")
    func titles() {
        let ours = CallFailure(.endpointNotFound, detail: "")
        let theirs = CallFailure(.endpointNotFound, detail: "", upstreamStatus: 404)
        #expect(ours.title == "No such endpoint")
        #expect(theirs.title == "The API has no such resource")
    }

    @Test("a failure can know better than its code whether to try again")
    func retryable() {
        #expect(CallFailure(.overloaded, detail: "").isRetryable)
        #expect(!CallFailure(.overloaded, detail: "", isRetryable: false, sent: true).isRetryable)
    }
}
