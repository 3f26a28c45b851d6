import Foundation
import NIOSSL
import TestSupport

/// A CA of its own, and a certificate for `localhost` and loopback addresses under it, made with the openssl command.
struct Certificates: Sendable {
    /// PEM files.
    let root: String
    let chain: String
    let key: String
    private let folder: Scratch

    /// The CA that relays of tests have, and that ``TestClient`` trusts.
    static let shared = Result { try Certificates(name: "shared") }
    /// Another, which nobody trusts.
    static let foreign = Result { try Certificates(name: "foreign") }

    init(name: String, hosts: [String] = ["localhost"]) throws {
        folder = try Scratch("ca-\(name)")
        root = folder / "root.pem"
        chain = folder / "server.crt"
        key = folder / "server.key"
        let names = hosts.map { "DNS:\($0)" } + ["IP:127.0.0.1", "IP:127.0.0.77"]
        try folder.write(
            "extensions",
            "subjectAltName=\(names.joined(separator: ","))\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try Self.openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=test \(name)", "-keyout", folder / "root.key", "-out", root]
                + curve)
        try Self.openssl(
            ["req", "-new", "-subj", "/CN=localhost", "-keyout", key, "-out", folder / "server.csr"] + curve)
        try Self.openssl([
            "x509", "-req", "-days", "2", "-in", folder / "server.csr", "-CA", root, "-CAkey", folder / "root.key",
            "-set_serial", String(UInt32.random(in: 1 ... .max)), "-extfile", folder / "extensions", "-out", chain,
        ])
        chmod(key, 0o600)
    }

    static func openssl(_ arguments: [String]) throws {
        guard let tool = Binaries.tool("openssl") else { throw TestFailure("openssl is not installed") }
        let result = try Program.runBlocking(tool, arguments)
        guard result.end == .exit(0) else { throw TestFailure("openssl \(arguments[0]): \(result.output)") }
    }

    /// For servers of the test process.
    func serverContext() throws -> NIOSSLContext { try NIOSSLContext(configuration: serverConfiguration()) }

    func serverConfiguration() throws -> TLSConfiguration { try Self.serverConfiguration(chain: chain, key: key) }

    /// - Parameters: PEM files.
    static func serverConfiguration(chain: String, key: String) throws -> TLSConfiguration {
        .makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(chain).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
    }

    /// For clients of the test process that dial by hand.
    func clientConfiguration(alpn: [String] = ["http/1.1"]) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(root)
        configuration.applicationProtocols = alpn
        return configuration
    }
}
