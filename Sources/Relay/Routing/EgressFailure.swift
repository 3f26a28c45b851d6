import Audit
import Egress
import Failure

/// What callers see of a request that has no answer.
enum EgressFailure {
    static func failure(_ error: EgressError) -> CallFailure {
        let (code, stage, detail) = parts(of: error.kind)
        var failure = CallFailure(
            code, stage: stage, detail: detail, retryAfter: code == .overloaded ? 1 : nil, sent: error.sent,
            upstreamStatus: error.unknownStatus)
        failure.route = .direct
        return failure
    }

    private static func parts(of kind: EgressError.Kind) -> (ErrorCode, Stage, String) {
        switch kind {
        case .notAllowed(let refusal): (.urlNotAllowed, .policy, detail(refusal))
        case .nameNotFound: (.connectionRefused, .dns, "The API's name could not be resolved.")
        case .dnsTimeout: (.timeout, .dns, "The API's name could not be resolved in time.")
        case .dnsOverloaded: (.overloaded, .dns, "Too many names are being resolved.")
        case .connectionRefused: (.connectionRefused, .tcp, "The API refused the connection.")
        case .unreachable: (.connectionRefused, .tcp, "The API's host is not reachable.")
        case .connectionReset:
            (.connectionRefused, .origin, "The API closed the connection before its answer was whole.")
        case .connectTimeout: (.timeout, .tcp, "No connection to the API came up in time.")
        case .proxyRefused: (.connectionRefused, .tcp, "The outbound proxy did not connect to the API.")
        case .tlsFailed(.timeout): (.timeout, .tls, "The TLS handshake with the API took too long.")
        case .tlsFailed(let fault): (.sslError, .tls, detail(fault))
        case .responseTimeout(.total): (.timeout, .origin, "The API did not answer in time.")
        case .responseTimeout(.firstByte): (.timeout, .origin, "The API took too long to begin its answer.")
        case .responseTimeout(.idle): (.timeout, .origin, "The API paused for too long in its answer.")
        case .responseTimeout(.rate): (.timeout, .origin, "The API's answer came too slowly.")
        case .responseTooLarge: (.responseTooLarge, .origin, "The API's answer is larger than the limit.")
        case .headersTooLarge: (.responseTooLarge, .origin, "The head of the API's answer is larger than the limit.")
        case .protocolError: (.upstreamError, .origin, "The API's response is not valid HTTP.")
        case .requestMalformed: (.invalidRequest, .relay, "The request cannot be sent as it is.")
        case .overloaded: (.overloaded, .relay, "The relay carries as many direct calls as it takes.")
        case .cancelled: (.cancelled, .relay, "The caller went away.")
        }
    }

    private static func detail(_ refusal: Refusal) -> String {
        switch refusal {
        case .address(let addressClass):
            "The API's name leads to an address that the relay does not call (\(addressClass))."
        case .notInAllowlist: "The API's name leads to an address outside security.ip_allowlist."
        case .ownListener: "The API's name leads to the relay itself."
        case .unverifiedTLS: "This relay does not call APIs without verifying their certificates."
        }
    }

    private static func detail(_ fault: TLSFault) -> String {
        switch fault {
        case .expired: "The API's certificate has expired."
        case .notYetValid: "The API's certificate is not valid yet."
        case .wrongName: "The API's certificate is for another name."
        case .unknownIssuer: "The API's certificate comes from an issuer that is not trusted."
        case .selfSigned: "The API's certificate is self-signed."
        case .revoked: "The API's certificate has been revoked."
        case .untrusted: "The API's certificate was not accepted."
        case .protocolVersion: "The API offers no TLS version that is accepted."
        case .clientCertificateWanted: "The API wants a client certificate, or another one."
        case .clientCertificateUnusable: "The API's client certificate and key cannot be used."
        case .trustAnchorsUnusable: "The API's CA certificates cannot be used."
        case .handshakeFailed, .timeout: "The TLS handshake with the API failed."
        }
    }
}
