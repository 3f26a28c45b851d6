import Dialling
import EgressPolicy
import NIOSSL

/// The TLS identities of the rules, made once: a fault in a file is found when the connector starts.
struct OriginTLS: Sendable {
    private struct Entry: Sendable {
        let client: TLSClient
        let serverName: Host?
    }

    private let entries: [Entry?]

    /// - Parameter rules: of the configuration; entries stand at the same index.
    init(_ rules: [ConnectorConfiguration.Rule]) throws(ConnectorError) {
        // The system's roots take megabytes: rules that say the same share a context.
        var made: [ConnectorConfiguration.TLS: TLSClient] = [:]
        var entries: [Entry?] = []
        for rule in rules {
            guard rule.origin.hasPrefix("https:") else {
                entries.append(nil)
                continue
            }
            var key = rule.tls
            key.serverName = nil
            let client: TLSClient
            if let shared = made[key] {
                client = shared
            } else {
                client = try Self.client(key, origin: rule.origin)
            }
            made[key] = client
            entries.append(Entry(client: client, serverName: rule.tls.serverName))
        }
        self.entries = entries
    }

    /// The TLS handler for a connection to `host` under a rule, whose `server_name` says otherwise whom to expect.
    ///
    /// - Parameter trust: one of ``trusts(rule:)``.
    func handler(rule: Int, host: Host, trust: TLSClient.Trust) throws -> NIOSSLClientHandler {
        guard entries.indices.contains(rule), let entry = entries[rule] else {
            throw Failure(.internalError, "no TLS identity for this rule")
        }
        return try entry.client.handler(for: ServerIdentity(entry.serverName ?? host), trust: trust)
    }

    /// The ways in which an origin under this rule may be trusted; one where it is not HTTPS.
    func trusts(rule: Int) -> [TLSClient.Trust] {
        guard entries.indices.contains(rule), let entry = entries[rule] else { return [.chain] }
        return entry.client.trusts
    }

    private static func client(
        _ tls: ConnectorConfiguration.TLS, origin: String
    ) throws(ConnectorError) -> TLSClient {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        configuration.certificateVerification = tls.verify ? .fullVerification : .none
        var anchors: TrustAnchors?
        if let file = tls.caFile { anchors = try PEMFiles.anchors(file, for: origin) }
        if let file = tls.clientCertificate {
            configuration.certificateChain = try PEMFiles.certificates(file, for: origin).map { .certificate($0) }
            configuration.privateKey = .privateKey(try PEMFiles.key(tls.clientKey ?? file, for: origin))
        }
        do {
            return try TLSClient(configuration, anchors: anchors)
        } catch {
            throw ConnectorError(
                .configuration,
                "the TLS settings for \(origin) do not fit together; check that the key is the certificate's")
        }
    }
}

/// PEM files, with errors that say which file and what to do.
enum PEMFiles {
    static func certificates(_ file: String, for what: String) throws(ConnectorError) -> [NIOSSLCertificate] {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(file)
            guard !certificates.isEmpty else { throw NIOSSLError.failedToLoadCertificate }
            return certificates
        } catch {
            throw ConnectorError(
                .configuration,
                "cannot read certificates from \(file) for \(what); it must be a readable PEM file with at least one")
        }
    }

    static func anchors(_ file: String, for what: String) throws(ConnectorError) -> TrustAnchors {
        let certificates = try certificates(file, for: what)
        do {
            return try TrustAnchors(certificates)
        } catch {
            throw ConnectorError(.configuration, "a certificate in \(file) for \(what) cannot be read")
        }
    }

    static func key(_ file: String, for what: String) throws(ConnectorError) -> NIOSSLPrivateKey {
        do {
            return try NIOSSLPrivateKey(file: file, format: .pem)
        } catch {
            throw ConnectorError(
                .configuration,
                "cannot read a private key from \(file) for \(what); it must be a readable PEM file without passphrase")
        }
    }
}
