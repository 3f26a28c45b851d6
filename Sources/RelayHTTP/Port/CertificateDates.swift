import Audit

/// When the relay's certificate is valid, in seconds since 1970, and what there is to say of that.
package struct CertificateDates: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case valid, expiring, notYetValid, expired
    }

    package var notBefore: Int64
    package var notAfter: Int64

    /// How long before its end a certificate is reported: 14 days.
    package static let warnsAhead: Int64 = 14 * day
    private static let day: Int64 = 86_400

    package func state(now: Int64) -> State {
        if now > notAfter { return .expired }
        if now < notBefore { return .notYetValid }
        return notAfter - now < Self.warnsAhead ? .expiring : .valid
    }

    /// A sentence for the operator; nil where all is well.
    package func notice(now: Int64) -> String? {
        switch state(now: now) {
        case .valid: nil
        case .expiring: "it expires at \(Self.text(notAfter)), in \(Self.days(notAfter - now)); renew it"
        case .expired: "it expired at \(Self.text(notAfter)), and clients refuse it; renew it"
        case .notYetValid:
            "it is not valid before \(Self.text(notBefore)), and clients refuse it; check this machine's clock"
        }
    }

    private static func days(_ seconds: Int64) -> String {
        switch seconds / day {
        case 0: "less than a day"
        case 1: "1 day"
        case let days: "\(days) days"
        }
    }

    /// ``notAfter`` as people write it (RFC 3339).
    package var end: String { Self.text(notAfter) }

    private static func text(_ seconds: Int64) -> String {
        "\(Timestamp.text(microseconds: seconds * 1_000_000).prefix(19))Z"
    }
}
