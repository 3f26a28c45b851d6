/// What went wrong with a call, as callers see it. The names are the interface's and never change.
package enum ErrorCode: String, Sendable, Hashable, CaseIterable {
    case authenticationFailed = "AUTHENTICATION_FAILED"
    case endpointNotFound = "ENDPOINT_NOT_FOUND"
    case timeout = "TIMEOUT"
    case rateLimited = "RATE_LIMITED"
    case sslError = "SSL_ERROR"
    case connectionRefused = "CONNECTION_REFUSED"
    case schemaMismatch = "SCHEMA_MISMATCH"
    case invalidRequest = "INVALID_REQUEST"
    case urlNotAllowed = "URL_NOT_ALLOWED"
    case unknownAPI = "UNKNOWN_API"
    case unknownUser = "UNKNOWN_USER"
    case unknownTunnel = "UNKNOWN_TUNNEL"
    case unknownToken = "UNKNOWN_TOKEN"
    case unauthorized = "UNAUTHORIZED"
    case forbidden = "FORBIDDEN"
    case tunnelOffline = "TUNNEL_OFFLINE"
    case upstreamError = "UPSTREAM_ERROR"
    case responseTooLarge = "RESPONSE_TOO_LARGE"
    case credentialMissing = "CREDENTIAL_MISSING"
    case overloaded = "OVERLOADED"
    /// The caller left. Nobody is answered so: it is what records and figures say.
    case cancelled = "CANCELLED"
    case notImplemented = "NOT_IMPLEMENTED"
    case internalError = "INTERNAL"

    /// The HTTP status a call that fails this way answers with.
    package var status: Int { entry.status }

    /// One short sentence for people, the same for every failure of this kind (RFC 9457, section 3.1.3).
    package var title: String { entry.title }

    /// What a person can do about it.
    package var resolution: String { entry.resolution }

    /// Whether the same call may succeed later, unless the failure itself knows better.
    package var isRetryable: Bool { entry.isRetryable }

    /// The problem type's URI (RFC 9457, section 3.1.1).
    package var type: String {
        "https://penstock.dev/errors/"
            + String(
                decoding: rawValue.utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 | 0x20 }, as: UTF8.self)
    }

    private struct Entry {
        let status: Int
        let title: String
        let resolution: String
        var isRetryable = false
    }

    private var entry: Entry {
        switch self {
        case .authenticationFailed:
            Entry(
                status: 502, title: "The API refused the stored credentials",
                resolution: "Store credentials that the API takes: penstock credentials set.")
        case .endpointNotFound:
            Entry(status: 404, title: "No such endpoint", resolution: "Check the endpoint configuration.")
        case .timeout:
            Entry(
                status: 504, title: "The API took too long to respond",
                resolution: "Increase the timeout or check the API's health.", isRetryable: true)
        case .rateLimited:
            Entry(
                status: 429, title: "Too many requests", resolution: "Wait, or adjust the rate limits.",
                isRetryable: true)
        case .sslError:
            Entry(
                status: 502, title: "The API's TLS certificate or protocol was not accepted",
                resolution: "Check the certificate's validity, its name and its issuer.")
        case .connectionRefused:
            Entry(
                status: 502, title: "The API could not be reached",
                resolution: "Check the API's URL and its network connectivity.", isRetryable: true)
        case .schemaMismatch:
            Entry(
                status: 502, title: "The API's response does not match its schema",
                resolution: "Update the response schema, or set the validation to warn.")
        case .invalidRequest:
            Entry(
                status: 400, title: "The request is not valid",
                resolution: "Correct what the violations name and send it again.")
        case .urlNotAllowed:
            Entry(
                status: 403, title: "The request's target is not allowed",
                resolution: "Check the API's allowlist and, for a tunnel, the connector's policy.")
        case .unknownAPI:
            Entry(
                status: 404, title: "No such API",
                resolution: "List what this token may call, and check the name.")
        case .unknownUser:
            Entry(
                status: 404, title: "No such user", resolution: "List the users, and check the id.")
        case .unknownTunnel:
            Entry(
                status: 404, title: "No such tunnel", resolution: "List your tunnels, and check the id.")
        case .unknownToken:
            Entry(
                status: 404, title: "No such token", resolution: "List your tokens, and check the id.")
        case .cancelled:
            Entry(
                status: 499, title: "The caller went away", resolution: "Send the call again, and wait for its answer.")
        case .unauthorized:
            Entry(
                status: 401, title: "A valid token is needed",
                resolution: "Send a token that is neither expired nor revoked as Authorization: Bearer.")
        case .forbidden:
            Entry(
                status: 403, title: "This token may not do that",
                resolution: "Use a token of the right kind, or one that covers this API.")
        case .tunnelOffline:
            Entry(
                status: 503, title: "The tunnel has no live connector",
                resolution: "Check that the connector runs and reaches the relay; then try again.", isRetryable: true)
        case .upstreamError:
            Entry(
                status: 502, title: "The API answered with an error",
                resolution: "See upstream_status and upstream_body for what the API said.")
        case .responseTooLarge:
            Entry(
                status: 502, title: "The API's response is too large",
                resolution: "Ask for less, for example by paging, or raise the response limit.")
        case .credentialMissing:
            Entry(
                status: 424, title: "A credential this API needs is missing",
                resolution: "Store the API's credentials: penstock credentials set.")
        case .overloaded:
            Entry(
                status: 503, title: "Too much is under way", resolution: "Try again after a short wait.",
                isRetryable: true)
        case .notImplemented:
            Entry(
                status: 501, title: "Not available here",
                resolution: "Check what this relay has been set up to offer.")
        case .internalError:
            Entry(
                status: 500, title: "The relay failed",
                resolution: "Report the request id to the platform's operator.")
        }
    }
}
