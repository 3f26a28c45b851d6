import EgressPolicy
import NIOCore
import NIOSSL

/// The TLS identities of the rules, made once: a fault in a file is found when the connector starts.
struct OriginTLS: Sendable {
    private struct Entry: Sendable {
        let context: NIOSSLContext
        let serverName: String?
    }

    private let entries: [Entry?]

    /// - Parameter rules: of the configuration; entries stand at the same index.
    init(_ rules: [ConnectorConfiguration.Rule]) throws(ConnectorError) {
        // The system's roots take megabytes: rules that say the same share a context.
        var made: [ConnectorConfiguration.TLS: NIOSSLContext] = [:]
        var entries: [Entry?] = []
        for rule in rules {
            guard rule.origin.hasPrefix("https:") else {
                entries.append(nil)
                continue
            }
            var key = rule.tls
            key.serverName = nil
            let context: NIOSSLContext
            if let shared = made[key] {
                context = shared
            } else {
                context = try Self.context(key, origin: rule.origin)
            }
            made[key] = context
            entries.append(Entry(context: context, serverName: rule.tls.serverName))
        }
        self.entries = entries
    }

    /// The TLS handler for a connection to `host` under a rule.
    func handler(rule: Int, host: Host) throws -> NIOSSLClientHandler {
        guard entries.indices.contains(rule), let entry = entries[rule] else {
            throw Failure(.internalError, "no TLS identity for this rule")
        }
        // An address cannot stand in SNI; the certificate is then checked for the address.
        let name: String? =
            if let name = entry.serverName {
                name
            } else if case .name(let name) = host {
                name
            } else {
                nil
            }
        return try NIOSSLClientHandler(context: entry.context, serverHostname: name)
    }

    private static func context(
        _ tls: ConnectorConfiguration.TLS, origin: String
    ) throws(ConnectorError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        configuration.certificateVerification = tls.verify ? .fullVerification : .none
        if let file = tls.caFile {
            configuration.trustRoots = .certificates(try PEMFiles.certificates(file, for: origin))
        }
        if let file = tls.clientCertificate {
            configuration.certificateChain = try PEMFiles.certificates(file, for: origin).map { .certificate($0) }
            configuration.privateKey = .privateKey(try PEMFiles.key(tls.clientKey ?? file, for: origin))
        }
        do {
            return try NIOSSLContext(configuration: configuration)
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
