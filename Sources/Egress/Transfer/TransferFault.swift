import CCurl
import Glibc

/// What libcurl's result means for a caller. Pure: it is given all that the handle knows.
struct TransferFault {
    var code: CURLcode
    /// Of the last system call that failed; 0 for none.
    var systemError: Int32 = 0
    /// OpenSSL's `X509_V_ERR_…`; 0 for none.
    var verifyResult = 0
    /// OpenSSL's packed error; nil for none.
    var sslError: UInt32?
    /// The status with which the outbound proxy answered CONNECT; 0 for none.
    var connectStatus = 0
    var hasHead = false

    var kind: EgressError.Kind {
        if connectStatus != 0, connectStatus / 100 != 2 { return .proxyRefused }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .nameNotFound
        case CURLE_COULDNT_CONNECT: return connect
        case CURLE_OPERATION_TIMEDOUT: return hasHead ? .responseTimeout(.total) : .connectTimeout
        case CURLE_OUT_OF_MEMORY, Self.tooLarge:
            // Also libcurl's own limit for one line of a head, which is above ours.
            return hasHead ? .overloaded : .headersTooLarge
        case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND, CURLE_HTTP2_STREAM:
            return afterHandshake ?? .connectionReset
        case CURLE_RECV_ERROR:
            if let fault = afterHandshake { return fault }
            // Without an error of the system or of TLS it was the framing that could not be read.
            return systemError != 0 || sslError != nil ? .connectionReset : .protocolError
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR: return .tlsFailed(verification)
        case CURLE_SSL_CONNECT_ERROR: return handshake
        case CURLE_SSL_CLIENTCERT: return .tlsFailed(.clientCertificateWanted)
        case CURLE_SSL_CERTPROBLEM: return .tlsFailed(.clientCertificateUnusable)
        case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE: return .tlsFailed(.trustAnchorsUnusable)
        case CURLE_SSL_CIPHER, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            return .tlsFailed(.handshakeFailed)
        case CURLE_INTERFACE_FAILED: return .unreachable
        case CURLE_NO_CONNECTION_AVAILABLE: return .overloaded
        default: return .protocolError
        }
    }

    /// `CURLE_TOO_LARGE`, which a libcurl before 8.6 does not have.
    private static let tooLarge = CURLcode(rawValue: 100)

    private var connect: EgressError.Kind {
        switch systemError {
        case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT, ENETDOWN, EHOSTDOWN: .unreachable
        case ETIMEDOUT: .connectTimeout
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: .overloaded
        case ECONNRESET, EPIPE: .connectionReset
        default: .connectionRefused
        }
    }

    /// `X509_V_ERR_…` of OpenSSL's x509_vfy.h. libcurl compares names itself, before it asks for the result: what it
    /// then gives is what it began with, 1.
    private var verification: TLSFault {
        switch verifyResult {
        case 0, 1, 62, 64: .wrongName
        case 9: .notYetValid
        case 10: .expired
        case 18, 19: .selfSigned
        case 2, 20, 21, 24, 27: .unknownIssuer
        case 23: .revoked
        default: .untrusted
        }
    }

    private var reason: UInt32? { sslError.map { $0 & 0x7f_ffff } }

    /// Reasons are those of OpenSSL's sslerr.h; an alert of the other side is 1000 and its number
    /// (RFC 8446, section 6.2).
    private var handshake: EgressError.Kind {
        switch reason {
        case nil where systemError != 0: .connectionReset
        // EOF during the handshake: the other side gave no reason.
        case 294: .connectionReset
        case 258, 266, 1070: .tlsFailed(.protocolVersion)
        case 1116, 1042, 1043, 1044, 1045, 1046, 1048, 1049: .tlsFailed(.clientCertificateWanted)
        default: .tlsFailed(.handshakeFailed)
        }
    }

    /// In TLS 1.3 a missing or refused client certificate is told after the handshake.
    private var afterHandshake: EgressError.Kind? {
        guard !hasHead, let reason, [1116, 1042, 1043, 1044, 1045, 1046, 1048, 1049].contains(reason) else {
            return nil
        }
        return .tlsFailed(.clientCertificateWanted)
    }
}
