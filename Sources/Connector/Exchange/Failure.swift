import HTTP1

/// Why a call got no whole answer from its origin, in the words of RFC 9209, section 2.3.
struct Failure: Error, Equatable {
    /// An RFC 9209 proxy error type, and the status it is answered with.
    struct Kind: Hashable {
        let name: String
        let status: Int
        let outcome: Outcome

        init(_ name: String, _ status: Int, _ outcome: Outcome) {
            self.name = name
            self.status = status
            self.outcome = outcome
        }

        static let requestDenied = Kind("http_request_denied", 403, .denied)
        static let addressProhibited = Kind("destination_ip_prohibited", 403, .denied)
        static let requestError = Kind("http_request_error", 400, .denied)
        static let dnsError = Kind("dns_error", 502, .unreachable)
        static let dnsTimeout = Kind("dns_timeout", 504, .unreachable)
        static let unroutable = Kind("destination_ip_unroutable", 502, .unreachable)
        static let connectionRefused = Kind("connection_refused", 502, .unreachable)
        static let connectionTimeout = Kind("connection_timeout", 504, .unreachable)
        static let connectionTerminated = Kind("connection_terminated", 502, .terminated)
        static let tlsProtocol = Kind("tls_protocol_error", 502, .tls)
        static let tlsCertificate = Kind("tls_certificate_error", 502, .tls)
        static let tlsAlert = Kind("tls_alert_received", 502, .tls)
        static let httpProtocol = Kind("http_protocol_error", 502, .malformed)
        static let headerTooLarge = Kind("http_response_header_section_size", 502, .tooLarge)
        static let bodyTooLarge = Kind("http_response_body_size", 502, .tooLarge)
        static let responseTimeout = Kind("http_response_timeout", 504, .timedOut)
        static let internalError = Kind("proxy_internal_error", 503, .overloaded)
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

    /// The value of `Proxy-Status` (RFC 9209, section 2).
    ///
    /// - Parameter isSent: whether bytes of the request may have reached the origin.
    func proxyStatus(isSent: Bool) -> String {
        var text = "penstock-connector; error=\(kind.name)"
        if !details.isEmpty { text += "; details=\"\(Self.quotable(details))\"" }
        if let receivedStatus { text += "; received-status=\(receivedStatus)" }
        return text + "; penstock-sent=\(isSent ? "?1" : "?0")"
    }

    /// What a structured field's string may hold (RFC 9651, section 3.3.3).
    private static func quotable(_ text: String) -> String {
        var quoted = ""
        for scalar in text.unicodeScalars where scalar.value >= 0x20 && scalar.value < 0x7f {
            if scalar == "\"" || scalar == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted
    }
}
