import Glibc
package import NIOSSL

/// The certificates of a CA file. Each is an anchor, as for OpenSSL with `X509_V_FLAG_PARTIAL_CHAIN`: an authority, root or
/// not, for what it signed, and any other certificate for itself.
package struct TrustAnchors: Sendable {
    /// For a context's trust roots.
    package let authorities: [NIOSSLCertificate]
    let leaves: Set<NIOSSLCertificate>

    /// - Throws: what NIOSSL throws for a certificate that it cannot read again.
    package init(_ certificates: [NIOSSLCertificate]) throws {
        var authorities: [NIOSSLCertificate] = []
        var leaves: Set<NIOSSLCertificate> = []
        for certificate in certificates {
            let der = try certificate.toDERBytes()
            switch BasicConstraints.isAuthority(der) {
            case true where certificate.isInDate: authorities += try Self.trusted(der)
            case false: leaves.insert(certificate)
            // A root of X.509 version 1 says nothing, and one that has expired is none.
            default: authorities.append(certificate)
            }
        }
        self.authorities = authorities
        self.leaves = leaves
    }

    /// The certificate as BoringSSL takes for an anchor although another signed it: with OpenSSL's note behind it that it
    /// is trusted for servers (`X509_CERT_AUX`; "TRUSTED CERTIFICATE" in openssl-x509(1)).
    private static func trusted(_ der: [UInt8]) throws -> [NIOSSLCertificate] {
        // SEQUENCE { SEQUENCE { OID id-kp-serverAuth } }
        let note: [UInt8] = [0x30, 12, 0x30, 10, 0x06, 8, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]
        let pem = "-----BEGIN TRUSTED CERTIFICATE-----\n\(base64(der + note))-----END TRUSTED CERTIFICATE-----\n"
        return try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8))
    }

    /// In lines of 64 characters (RFC 7468, section 2).
    private static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for (line, start) in stride(from: 0, to: bytes.count, by: 3).enumerated() {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for index in 0..<4 {
                text.append(index <= group.count ? alphabet[bits >> (18 - 6 * index) & 0x3f] : UInt8(ascii: "="))
            }
            if line % 16 == 15 { text.append(UInt8(ascii: "\n")) }
        }
        if text.last != UInt8(ascii: "\n") { text.append(UInt8(ascii: "\n")) }
        return String(decoding: text, as: UTF8.self)
    }
}

extension NIOSSLCertificate {
    /// Between its two dates, by this machine's clock.
    var isInDate: Bool { (notValidBefore...max(notValidBefore, notValidAfter)).contains(time(nil)) }
}

/// Reads whether a certificate may sign others (RFC 5280, section 4.2.1.9).
enum BasicConstraints {
    /// Nil where the certificate does not say.
    static func isAuthority(_ der: [UInt8]) -> Bool? {
        var outer = DERReader(der[...])
        var certificate = DERReader(outer.next(0x30))
        var body = DERReader(certificate.next(0x30))
        var wrapper = DERReader(body.find(0xa3))
        var extensions = DERReader(wrapper.next(0x30))
        var hasOthers = false
        while let bytes = extensions.next(0x30) {
            hasOthers = true
            var entry = DERReader(bytes)
            guard entry.next(0x06)?.elementsEqual([0x55, 0x1d, 0x13]) == true else { continue }
            var value = DERReader(entry.find(0x04))
            var constraints = DERReader(value.next(0x30))
            return constraints.next(0x01)?.first == 0xff
        }
        // Version 3 without them is no authority's.
        return hasOthers ? false : nil
    }
}

/// Steps through the elements of a DER structure.
private struct DERReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>?) { rest = bytes ?? [] }

    /// The contents of the next element, if it has this tag; it is passed over then only.
    mutating func next(_ tag: UInt8) -> ArraySlice<UInt8>? {
        guard let (found, contents) = element, found == tag else { return nil }
        rest = rest[contents.endIndex...]
        return contents
    }

    /// The contents of the first element with this tag, of those that are left.
    mutating func find(_ tag: UInt8) -> ArraySlice<UInt8>? {
        while let (found, contents) = element {
            rest = rest[contents.endIndex...]
            if found == tag { return contents }
        }
        return nil
    }

    private var element: (tag: UInt8, contents: ArraySlice<UInt8>)? {
        var bytes = rest
        guard let tag = bytes.popFirst(), let first = bytes.popFirst() else { return nil }
        var length = Int(first)
        if first & 0x80 != 0 {
            let count = Int(first & 0x7f)
            guard (1...4).contains(count), bytes.count >= count else { return nil }
            length = bytes.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            bytes = bytes.dropFirst(count)
        }
        return length <= bytes.count ? (tag, bytes.prefix(length)) : nil
    }
}
