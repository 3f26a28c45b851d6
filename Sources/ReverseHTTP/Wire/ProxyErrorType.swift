/// A proxy error type (RFC 9209, section 2.3). The registry may grow, and a peer may know more of it: an unknown type
/// is kept as it came.
package struct ProxyErrorType: RawRepresentable, Sendable, Hashable {
    /// The token that stands on the wire.
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    private init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    package static let dnsTimeout = Self("dns_timeout")
    package static let dnsError = Self("dns_error")
    package static let destinationNotFound = Self("destination_not_found")
    package static let destinationUnavailable = Self("destination_unavailable")
    package static let destinationIPProhibited = Self("destination_ip_prohibited")
    package static let destinationIPUnroutable = Self("destination_ip_unroutable")
    package static let connectionRefused = Self("connection_refused")
    package static let connectionTerminated = Self("connection_terminated")
    package static let connectionTimeout = Self("connection_timeout")
    package static let connectionReadTimeout = Self("connection_read_timeout")
    package static let connectionWriteTimeout = Self("connection_write_timeout")
    package static let connectionLimitReached = Self("connection_limit_reached")
    package static let tlsProtocolError = Self("tls_protocol_error")
    package static let tlsCertificateError = Self("tls_certificate_error")
    package static let tlsAlertReceived = Self("tls_alert_received")
    package static let httpRequestError = Self("http_request_error")
    package static let httpRequestDenied = Self("http_request_denied")
    package static let httpResponseIncomplete = Self("http_response_incomplete")
    package static let httpResponseHeaderSectionSize = Self("http_response_header_section_size")
    package static let httpResponseHeaderSize = Self("http_response_header_size")
    package static let httpResponseBodySize = Self("http_response_body_size")
    package static let httpResponseTransferCoding = Self("http_response_transfer_coding")
    package static let httpResponseContentCoding = Self("http_response_content_coding")
    package static let httpResponseTimeout = Self("http_response_timeout")
    package static let httpUpgradeFailed = Self("http_upgrade_failed")
    package static let httpProtocolError = Self("http_protocol_error")
    package static let proxyInternalError = Self("proxy_internal_error")
}
