import EgressPolicy
import Value

/// `connection`: where the API is, and how it is talked to.
struct ConnectionPart: Sendable {
    var base: BaseAddress
    var timeout: Duration
    var retries: Int
    var followsRedirects: Bool
    var tls: APIRoute.TLS

    /// The largest certificates that are taken, in bytes.
    private static let longestPEM = 256 << 10

    /// - Parameter root: the reader of the whole definition.
    init?(
        _ root: ObjectReader, _ auth: AuthPlan, _ fields: SecretFields, _ tunnel: TunnelPart,
        _ context: DefinitionContext
    ) {
        guard let reader = root.nested("connection") else {
            if !root.has("connection") {
                root.faults.invalid(root.place("connection"), "\"connection\" is missing.")
            }
            return nil
        }
        let base = reader.required("base_url").flatMap {
            BaseAddress.read($0, mayHoldSecret: auth.url != nil, reader.place("base_url"), reader.faults)
        }
        let rules = DirectRules(context, reader.faults)
        if let base, !tunnel.isAgent { rules.check(base.url.origin, reader.place("base_url")) }
        timeout = .milliseconds(reader.int("timeout_ms", in: 1...600_000) ?? 30_000)
        retries = reader.int("retry_attempts", in: 0...10) ?? 0
        followsRedirects = reader.bool("follow_redirects") ?? false
        tls = Self.tls(reader, fields)
        if tunnel.isAgent {
            Self.refuseTLS(tls, reader)
        } else if !tls.verifies {
            rules.checkUnverified(reader.place("verify_ssl"))
        }
        reader.finish()
        guard let base else { return nil }
        self.base = base
    }

    private static func tls(_ reader: ObjectReader, _ fields: SecretFields) -> APIRoute.TLS {
        var tls = APIRoute.TLS()
        tls.verifies = reader.bool("verify_ssl") ?? true
        tls.authorities = certificates("ca_certificate", reader)
        if let certificate = certificates("client_certificate", reader) {
            let key = fields.read(.clientKey, reader, isPEM: true)
            tls.client = APIRoute.ClientIdentity(certificate: certificate, key: key)
        } else {
            for key in ["client_key", CredentialKey.clientKey.alias] {
                guard reader.value(key) != nil, !reader.has("client_certificate") else { continue }
                reader.faults.invalid(reader.place(key), "\"client_key\" needs its \"client_certificate\".")
            }
        }
        return tls
    }

    /// Behind a tunnel the connector alone makes the connection, by rules that nothing from the relay changes.
    private static func refuseTLS(_ tls: APIRoute.TLS, _ reader: ObjectReader) {
        let used = [
            ("verify_ssl", "verify", !tls.verifies), ("ca_certificate", "ca_file", reader.has("ca_certificate")),
            ("client_certificate", "client_certificate", reader.has("client_certificate")),
        ]
        for (key, own, isUsed) in used where isUsed {
            reader.faults.invalid(
                reader.place(key),
                "Behind a tunnel the connector's own file decides this: write \"\(own)\" under \"tls\" of its rule.")
        }
    }

    private static func certificates(_ key: String, _ reader: ObjectReader) -> String? {
        guard let text = reader.string(key) else { return nil }
        guard text.utf8.count <= longestPEM, text.contains("-----BEGIN CERTIFICATE-----"),
            text.contains("-----END CERTIFICATE-----"),
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 })
        else {
            reader.faults.invalid(
                reader.place(key), "\"\(key)\" is the text of PEM certificates, at most \(longestPEM) bytes.")
            return nil
        }
        // This part of a definition is shown to whoever reads it.
        guard !text.contains("PRIVATE KEY-----") else {
            reader.faults.invalid(
                reader.place(key), "\"\(key)\" holds a private key, which belongs under \"client_key\".")
            return nil
        }
        return text
    }
}
