import Foundation
import NIOSSL

/// Certificates with something wrong with each, and a client's, all of one CA.
struct CertificateZoo: Sendable {
    enum Leaf: String, CaseIterable, Sendable {
        /// For `localhost`, and in order.
        case good
        case expired, notYetValid
        /// For another name.
        case otherName
        case selfSigned
        case client
    }

    static let shared = Result { try CertificateZoo() }

    private let folder: Scratch
    var root: String { folder / "root.pem" }
    func chain(_ leaf: Leaf) -> String { folder / "\(leaf).pem" }
    func key(_ leaf: Leaf) -> String { folder / "\(leaf).key" }

    private init() throws {
        folder = try Scratch("zoo")
        try folder.write(
            "ca.cnf",
            """
            [ca]
            default_ca = here
            [here]
            database = \(folder / "index.txt")
            serial = \(folder / "serial")
            new_certs_dir = \(folder.path)
            certificate = \(root)
            private_key = \(folder / "root.key")
            default_md = sha256
            policy = any
            copy_extensions = copy
            unique_subject = no
            [any]
            commonName = supplied
            """)
        try folder.write("index.txt", "")
        try folder.write("serial", "01\n")
        try Certificates.openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=zoo", "-keyout", folder / "root.key", "-out", root]
                + Self.curve)
        let (now, later) = (Self.text(-3600), Self.text(86_400))
        try make(.good, "DNS:localhost", now, later)
        try make(.expired, "DNS:localhost", "20200101000000Z", "20210101000000Z")
        try make(.notYetValid, "DNS:localhost", Self.text(7200), later)
        try make(.otherName, "DNS:other.test", now, later)
        try make(.client, "DNS:client.test", now, later)
        try Certificates.openssl(
            [
                "req", "-x509", "-days", "2", "-subj", "/CN=alone", "-addext", "subjectAltName=DNS:localhost",
                "-keyout", key(.selfSigned), "-out", chain(.selfSigned),
            ] + Self.curve)
    }

    private static let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    private func make(_ leaf: Leaf, _ names: String, _ start: String, _ end: String) throws {
        try Certificates.openssl(
            [
                "req", "-new", "-subj", "/CN=\(leaf)", "-addext", "subjectAltName=\(names)", "-keyout", key(leaf),
                "-out", folder / "\(leaf).csr",
            ] + Self.curve)
        try Certificates.openssl([
            "ca", "-batch", "-config", folder / "ca.cnf", "-in", folder / "\(leaf).csr", "-out", chain(leaf), "-notext",
            "-startdate", start, "-enddate", end,
        ])
    }

    /// The time in so many seconds, as openssl-ca(1) wants it.
    private static func text(_ seconds: TimeInterval) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "yyyyMMddHHmmss'Z'"
        return formatter.string(from: Date(timeIntervalSinceNow: seconds))
    }

    /// For an origin of the test process.
    func configuration(_ leaf: Leaf) throws -> TLSConfiguration {
        try Certificates.serverConfiguration(chain: chain(leaf), key: key(leaf))
    }

    /// For an origin that takes nobody without a certificate of this CA.
    func demandingConfiguration(_ leaf: Leaf = .good) throws -> TLSConfiguration {
        var configuration = try configuration(leaf)
        configuration.trustRoots = .file(root)
        configuration.certificateVerification = .noHostnameVerification
        return configuration
    }
}
