package import EgressPolicy
package import NIOSSL

/// The name or address that a server's certificate must be for (RFC 9525, section 6).
///
/// A name matches DNS names only and an address IP addresses only, both of the certificate's subject alternative names.
/// A common name never matches.
package struct ServerIdentity: Sendable, Hashable {
    package let host: Host

    package init(_ host: Host) { self.host = host }

    /// What SNI says; nil for an address, which it cannot hold (RFC 6066, section 3).
    package var serverName: String? {
        if case .name(let name) = host { name } else { nil }
    }

    /// Whether the certificate is for this name or address. Who signed it is not looked at.
    package func matches(_ certificate: NIOSSLCertificate) -> Bool {
        certificate._subjectAlternativeNames().contains { name in
            switch name.nameType {
            case .dnsName: matches(dnsName: Array(name.contents))
            case .ipAddress: matches(address: Array(name.contents))
            default: false
            }
        }
    }

    /// - Parameter dnsName: the bytes of a `dNSName`. A wildcard is the whole left-most label, stands for exactly one
    ///   label, and is followed by at least two.
    func matches(dnsName: [UInt8]) -> Bool {
        guard case .name(let name) = host else { return false }
        var pattern = dnsName.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }[...]
        if pattern.last == UInt8(ascii: ".") { pattern.removeLast() }
        if pattern.elementsEqual(name.utf8) { return true }
        guard pattern.starts(with: "*.".utf8), pattern.dropFirst(2).contains(UInt8(ascii: ".")) else { return false }
        return pattern.dropFirst().elementsEqual(name.utf8.drop { $0 != UInt8(ascii: ".") })
    }

    /// - Parameter address: the bytes of an `iPAddress` (RFC 5280, section 4.2.1.6).
    func matches(address: [UInt8]) -> Bool {
        guard case .address(let wanted) = host, let found = IPAddress(bytes: address) else { return false }
        return found.unmapped == wanted.unmapped
    }
}
