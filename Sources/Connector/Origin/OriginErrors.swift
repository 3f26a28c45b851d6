import Dialling
import Glibc
import Lines
import NIOCore
import NIOSSL

/// What the errors of sockets, TLS and HTTP parsing mean for a call.
enum OriginErrors {
    /// - Parameter isUp: whether the connection had come up, TLS included.
    static func failure(of error: any Error, isUp: Bool) -> Failure {
        switch error {
        case let error as Failure:
            return error
        case let error as IOError:
            return isUp ? Failure(.connectionTerminated, "the origin reset the connection") : connect(error.errnoCode)
        case let error as NIOSSLError:
            return tls(error, isUp: isUp)
        case is TLSClient.WrongName, is NIOSSLExtraError:
            return Failure(.tlsCertificate, "the certificate is not for this name")
        case ChannelError.connectTimeout:
            return Failure(.connectionTimeout)
        case is ChannelError:
            return Failure(.connectionTerminated, "the connection ended")
        default:
            return Failure(isUp ? .connectionTerminated : .connectionRefused, "the connection failed")
        }
    }

    /// Failures of connect(2).
    static func connect(_ number: Int32) -> Failure {
        switch number {
        case ECONNREFUSED: Failure(.connectionRefused)
        case ETIMEDOUT: Failure(.connectionTimeout)
        case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT: Failure(.unroutable)
        case ECONNRESET, EPIPE: Failure(.connectionTerminated, "the origin reset the connection")
        default: Failure(.connectionRefused, FileDescriptor.describe(number))
        }
    }

    private static func tls(_ error: NIOSSLError, isUp: Bool) -> Failure {
        switch error {
        case .uncleanShutdown:
            return Failure(.connectionTerminated, "the TLS connection was cut")
        case .handshakeFailed(.sslError(let stack)):
            let reasons = stack.map(reason)
            if reasons.contains(certificateVerifyFailed) {
                return Failure(.tlsCertificate, "the certificate is not trusted")
            }
            if let alert = reasons.first(where: { (1000..<1256).contains($0) }) {
                return Failure(.tlsAlert, "alert \(alert - 1000)")
            }
            return Failure(.tlsProtocol, "the handshake failed")
        case .handshakeFailed(.syscallError), .handshakeFailed(.zeroReturn):
            return Failure(.connectionTerminated, "the connection ended during the TLS handshake")
        case .handshakeFailed:
            return Failure(.tlsProtocol, "the handshake failed")
        case .noCertificateToValidate, .unableToValidateCertificate:
            return Failure(.tlsCertificate, "the certificate is not trusted")
        default:
            return Failure(isUp ? .connectionTerminated : .tlsProtocol, "TLS failed")
        }
    }

    /// BoringSSL's `SSL_R_CERTIFICATE_VERIFY_FAILED`.
    private static let certificateVerifyFailed = 125

    /// The reason in a packed BoringSSL error, which NIOSSL shows in decimal at the beginning of its description.
    private static func reason(_ error: BoringSSLInternalError) -> Int {
        let digits = error.description.drop { !$0.isNumber }.prefix { $0.isNumber }
        return (Int(digits) ?? 0) & 0xfff
    }
}
