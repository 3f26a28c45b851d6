package import Failure
package import ReverseHTTP

extension CallFailure {
    /// The failure that callers see for what the connector says of a request that it could not serve.
    package init(_ status: ProxyStatus) {
        let sent = status.sent
        switch status.error ?? .proxyInternalError {
        case .httpRequestDenied, .destinationIPProhibited:
            self.init(
                .urlNotAllowed, stage: .connector, detail: "The connector's own policy does not allow this request.",
                sent: sent)
        case .dnsError, .dnsTimeout, .destinationNotFound:
            self.init(.connectionRefused, stage: .dns, detail: "The API's name could not be resolved.", sent: sent)
        case .connectionRefused:
            self.init(.connectionRefused, stage: .tcp, detail: "The API refused the connection.", sent: sent)
        case .destinationUnavailable, .destinationIPUnroutable:
            self.init(.connectionRefused, stage: .tcp, detail: "The API's host is not reachable.", sent: sent)
        case .connectionTerminated:
            self.init(
                .connectionRefused, stage: .origin, detail: "The API closed the connection before it answered.",
                sent: sent)
        case .connectionTimeout:
            self.init(.timeout, stage: .tcp, detail: "No connection to the API came up in time.", sent: sent)
        case .httpResponseTimeout, .connectionReadTimeout, .connectionWriteTimeout:
            self.init(.timeout, stage: .origin, detail: "The API did not answer in time.", sent: sent)
        case .tlsCertificateError:
            self.init(.sslError, stage: .tls, detail: "The API's certificate was not accepted.", sent: sent)
        case .tlsProtocolError, .tlsAlertReceived:
            self.init(.sslError, stage: .tls, detail: "The TLS handshake with the API failed.", sent: sent)
        case .httpResponseBodySize, .httpResponseHeaderSectionSize, .httpResponseHeaderSize:
            self.init(.responseTooLarge, stage: .connector, detail: "The connector's limit was reached.", sent: sent)
        case .connectionLimitReached:
            self.init(
                .overloaded, stage: .connector, detail: "The connector carries as many calls as it takes.",
                retryAfter: 1, sent: sent)
        case .httpProtocolError, .httpResponseIncomplete, .httpResponseTransferCoding,
            .httpResponseContentCoding, .httpUpgradeFailed:
            self.init(
                .upstreamError, stage: .origin, detail: "The API's response is not valid HTTP.", sent: sent,
                upstreamStatus: status.receivedStatus)
        case .httpRequestError:
            self.init(
                .invalidRequest, stage: .connector, detail: "The connector found the request malformed.", sent: sent)
        default:
            self.init(
                .overloaded, stage: .connector, detail: "The connector could not serve the request.",
                retryAfter: 1, sent: sent)
        }
    }
}
