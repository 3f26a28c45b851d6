import NIOCore
import NIOSSL
import ReverseHTTP
import Value

/// Why no session with the relay came up, in words that say what to do, and how the back-off takes it.
struct DialFailure: Error, CustomStringConvertible {
    enum Kind: Equatable {
        case token, dns, tcp, tls, certificate
        /// The relay said no: 401 or 403.
        case refused
        /// The relay answered something else than 101.
        case answer
    }

    let kind: Kind
    let description: String
    var retryAfter: TimeAmount?

    init(_ kind: Kind, _ description: String, retryAfter: TimeAmount? = nil) {
        self.kind = kind
        self.description = description
        self.retryAfter = retryAfter
    }

    /// A refusal does not heal by trying again soon.
    var isRefusal: Bool { kind == .refused || kind == .certificate }

    var ending: BackOff.Ending {
        isRefusal ? .refused(retryAfter: retryAfter) : .failed(retryAfter: retryAfter)
    }

    /// What an error between the first packet and the `101` means.
    init(_ error: any Error, relay: ConnectorConfiguration.Relay) {
        switch error {
        case let failure as DialFailure:
            self = failure
        case let refusal as PTTH.Refusal where refusal.status == 401:
            self.init(
                .refused,
                "the relay refused the tunnel token (401); create another with penstock tunnels token NAME and put it into token_file",
                retryAfter: refusal.retryAfter)
        case let refusal as PTTH.Refusal where refusal.status == 403:
            self.init(
                .refused, "the relay refused this connector (403); check that its tunnel was not revoked",
                retryAfter: refusal.retryAfter)
        case let refusal as PTTH.Refusal where refusal.status == 503:
            self.init(
                .answer, "the relay takes no tunnel now (503): \(Self.words(of: refusal))",
                retryAfter: refusal.retryAfter)
        case let refusal as PTTH.Refusal:
            self.init(
                .answer, "\(relay) answered \(refusal.status) where a relay answers 101; check the address in relay",
                retryAfter: refusal.retryAfter)
        case let silence as PTTH.NoAnswer:
            self.init(.answer, "\(silence.description)")
        default:
            self.init(OriginErrors.failure(of: error, isUp: false), relay: relay)
        }
    }

    /// The `detail` of a problem document (RFC 9457), as far as it can be shown.
    private static func words(of refusal: PTTH.Refusal) -> String {
        let detail = (try? JSON.parse(Array(refusal.body.utf8)))?["detail"]?.string ?? "it does not say why"
        return String(
            detail.unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7f }.prefix(200).map(Character.init))
    }

    private init(_ failure: Failure, relay: ConnectorConfiguration.Relay) {
        let details = failure.details.isEmpty ? failure.kind.name : failure.details
        switch failure.kind {
        case .tlsCertificate:
            self.init(
                .certificate,
                "the certificate of \(relay) is not accepted: \(details); behind a TLS-inspecting proxy, set ca_file")
        case .tlsProtocol, .tlsAlert:
            self.init(.tls, "no TLS session with \(relay): \(details)")
        case .dnsError, .dnsTimeout:
            self.init(.dns, "the name of \(relay) cannot be resolved: \(details)")
        case .httpProtocol:
            self.init(.answer, "\(relay) does not speak HTTP/1.1; check the address in relay")
        default:
            self.init(.tcp, "\(relay) cannot be reached: \(details)")
        }
    }
}
