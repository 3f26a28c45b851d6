import AsyncHTTPClient
import Dialling
import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why there was no answer, in words.
enum Unreachable {
    static func failure(_ error: any Error, _ address: RelayAddress) -> CommandFailure {
        let (reason, remedy) = explain(error)
        return CommandFailure(
            .unreachable, "cannot reach the relay at \(address.text): \(reason)", notes: remedy.map { [$0] } ?? [])
    }

    private static func explain(_ error: any Error) -> (String, String?) {
        switch error {
        case let error as HTTPClientError: explain(error)
        case let error as NIOConnectionError: explain(error)
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError, is TLSClient.WrongName: explainTLS(error)
        case let error as IOError: (reason(error.errnoCode), nil)
        case is CancellationError: ("the command was interrupted", nil)
        default: ("\(error)", nil)
        }
    }

    private static func explain(_ error: HTTPClientError) -> (String, String?) {
        switch error {
        case .connectTimeout: ("no connection within 10 s", "Is it up, and does a firewall let you through?")
        case .deadlineExceeded, .readTimeout: ("no answer in time", nil)
        case .remoteConnectionClosed: ("it closed the connection before it answered", nil)
        case .cancelled: ("the command was interrupted", nil)
        default: ("\(error)", nil)
        }
    }

    private static func explain(_ error: NIOConnectionError) -> (String, String?) {
        if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
            return ("no address is known for \(error.host)", "Check the name's spelling and this machine's DNS.")
        }
        let reasons = error.connectionErrors.map { single in
            (single.error as? IOError).map { reason($0.errnoCode) } ?? "\(single.error)"
        }
        return (reasons.first ?? "no connection", "Is it up, and is port \(error.port) the right one?")
    }

    private static func explainTLS(_ error: any Error) -> (String, String?) {
        if error is TLSClient.WrongName || error as? NIOSSLExtraError == .failedToValidateHostname {
            return ("its certificate is for another name", "Use the name that the certificate holds.")
        }
        return (
            "the TLS handshake failed" + (tlsReason("\(error)").map { ": \($0)" } ?? ""),
            "If the root of its certificate is private, name the root's file with --ca-file."
        )
    }

    /// BoringSSL's name of what went wrong, out of the line it writes for developers.
    private static func tlsReason(_ text: String) -> String? {
        let words = text.split(whereSeparator: { ": ".contains($0) })
        guard let mark = words.firstIndex(of: "OPENSSL_internal"), mark + 1 < words.count else { return nil }
        return words[mark + 1].lowercased().split(separator: "_").joined(separator: " ")
    }

    private static func reason(_ code: CInt) -> String {
        String(cString: strerror(code)).lowercased()
    }
}
