import Crypto
import Foundation
import SwiftASN1
import X509

/// A root for one demo and the relay's certificate under it (P-256, RFC 5280). The root's key is never written down.
struct DemoCertificates {
    /// PEM text.
    let root: String
    let certificate: String
    let privateKey: String

    /// - Parameters:
    ///   - name: the host's DNS name.
    ///   - address: its IPv4 address, four bytes.
    init(name: String, address: [UInt8]) throws {
        let rootKey = P256.Signing.PrivateKey()
        let rootName = try DistinguishedName { CommonName("Penstock demo root") }
        let root = try Self.issue(
            rootName, Certificate.PublicKey(rootKey.publicKey), by: rootName, Certificate.PrivateKey(rootKey),
            Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: Certificate.PublicKey(rootKey.publicKey))
            })
        let key = P256.Signing.PrivateKey()
        let certificate = try Self.issue(
            try DistinguishedName { CommonName(name) }, Certificate.PublicKey(key.publicKey), by: rootName,
            Certificate.PrivateKey(rootKey),
            Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
                AuthorityKeyIdentifier(keyIdentifier: Self.identifier(of: root))
                SubjectAlternativeNames([.dnsName(name), .ipAddress(ASN1OctetString(contentBytes: address[...]))])
            })
        self.root = try root.serializeAsPEM().pemString + "\n"
        self.certificate = try certificate.serializeAsPEM().pemString + "\n"
        privateKey = key.pemRepresentation + "\n"
    }

    private static func issue(
        _ subject: DistinguishedName, _ key: Certificate.PublicKey, by issuer: DistinguishedName,
        _ issuerKey: Certificate.PrivateKey, _ extensions: Certificate.Extensions
    ) throws -> Certificate {
        let now = Date()
        return try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key,
            notValidBefore: now.addingTimeInterval(-3600), notValidAfter: now.addingTimeInterval(7 * 86_400),
            issuer: issuer, subject: subject, signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions,
            issuerPrivateKey: issuerKey)
    }

    private static func identifier(of certificate: Certificate) -> ArraySlice<UInt8>? {
        try? certificate.extensions.subjectKeyIdentifier?.keyIdentifier
    }
}
