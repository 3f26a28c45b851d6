import HTTP1
import ReverseHTTP

/// Why a call got no whole answer from its origin, in the words of RFC 9209, section 2.3.
struct Failure: Error, Equatable {
    /// An RFC 9209 proxy error type, and the status it is answered with.
    struct Kind: Hashable {
        let type: ProxyErrorType
        let status: Int
        let outcome: Outcome

        /// The token of ``type``, for logs and the audit.
        var name: String { type.rawValue }

        init(_ type: ProxyErrorType, _ status: Int, _ outcome: Outcome) {
            self.type = type
            self.status = status
            self.outcome = outcome
        }

        static let requestDenied = Kind(.httpRequestDenied, 403, .denied)
        static let addressProhibited = Kind(.destinationIPProhibited, 403, .denied)
        static let requestError = Kind(.httpRequestError, 400, .denied)
        static let dnsError = Kind(.dnsError, 502, .unreachable)
        static let dnsTimeout = Kind(.dnsTimeout, 504, .unreachable)
        static let unroutable = Kind(.destinationIPUnroutable, 502, .unreachable)
        static let connectionRefused = Kind(.connectionRefused, 502, .unreachable)
        static let connectionTimeout = Kind(.connectionTimeout, 504, .unreachable)
        static let connectionTerminated = Kind(.connectionTerminated, 502, .terminated)
        static let tlsProtocol = Kind(.tlsProtocolError, 502, .tls)
        static let tlsCertificate = Kind(.tlsCertificateError, 502, .tls)
        static let tlsAlert = Kind(.tlsAlertReceived, 502, .tls)
        static let httpProtocol = Kind(.httpProtocolError, 502, .malformed)
        static let headerTooLarge = Kind(.httpResponseHeaderSectionSize, 502, .tooLarge)
        static let bodyTooLarge = Kind(.httpResponseBodySize, 502, .tooLarge)
        static let responseTimeout = Kind(.httpResponseTimeout, 504, .timedOut)
        static let internalError = Kind(.proxyInternalError, 503, .overloaded)
    }

    let kind: Kind
    /// A few words for people; never an address, a header or a value.
    let details: String
    /// Where a kind's own status does not fit.
    var status: Int
    /// What the origin answered, where that is a number and not a status that can be passed on.
    var receivedStatus: Int?

    init(_ kind: Kind, _ details: String = "", status: Int? = nil, receivedStatus: Int? = nil) {
        self.kind = kind
        self.details = details
        self.status = status ?? kind.status
        self.receivedStatus = receivedStatus
    }

    /// A response that cannot be passed on.
    init(_ fault: ResponseFault) {
        let kind =
            switch fault.kind {
            case .malformed: Kind.httpProtocol
            case .headTooLarge: Kind.headerTooLarge
            case .cutShort: Kind.connectionTerminated
            }
        self.init(kind, fault.details, receivedStatus: fault.receivedStatus)
    }

    /// What the connector says of it in the response.
    ///
    /// - Parameter isSent: whether bytes of the request may have reached the origin.
    func proxyStatus(isSent: Bool) -> ProxyStatus {
        ProxyStatus(error: kind.type, details: details, receivedStatus: receivedStatus, sent: isSent)
    }
}
