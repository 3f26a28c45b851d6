import EgressPolicy
import NIOCore
package import Settings
import Value
import Vault

extension RelayConfiguration {
    /// Settings that a variable `PENSTOCK_…` may set.
    private static let variables = [
        "listen", "public_url", "tls.certificate_chain", "tls.private_key", "admin.listen", "data_dir",
        "vault.master_key_file", "vault.master_key_command", "audit.durability", "audit.retention_days",
        "shutdown_grace",
    ]

    /// The variable that may hold the master key itself.
    private static let masterKeyVariable = "PENSTOCK_VAULT_MASTER_KEY"

    /// Reads a configuration: flags before environment before file before defaults.
    ///
    /// - Parameters:
    ///   - path: the file; nil for none.
    ///   - flags: key, flag as typed, and value.
    package static func read(
        path: String?, flags: [(key: String, flag: String, text: String?)] = [], environment: [String: String]
    ) throws(SettingsError) -> RelayConfiguration {
        let layers = Layered(flags: flags, environment: environment, keys: variables)
        let reader =
            if let path { SettingsReader(document: try parseFile(path), file: path, layers: layers) } else {
                SettingsReader(layers: layers)
            }
        let listen = listen(reader, "listen") ?? Listen(host: "0.0.0.0", port: 8443)
        let tls = reader.section("tls")
        let vault = reader.section("vault")
        let dataDirectory = reader.string("data_dir", default: "/var/lib/penstock")
        let key = masterKey(vault, environment, dataDirectory: dataDirectory)
        let limits = reader.section("limits")
        let audit = reader.section("audit")
        let admin = reader.section("admin")
        var configuration = RelayConfiguration(
            tls: TLS(
                certificateChain: tls.requiredString("certificate_chain"),
                privateKey: tls.requiredString("private_key")),
            dataDirectory: dataDirectory, masterKey: key)
        configuration.listen = listen
        configuration.publicURL = reader.string("public_url")
        configuration.admin = Self.listen(admin, "listen") ?? configuration.admin
        let defaults = Limits()
        configuration.limits = Limits(
            requestBytes: limits.byteSize("request_bytes", in: 1024...(1 << 30), default: defaults.requestBytes),
            responseBytes: limits.byteSize("response_bytes", in: 1024...(1 << 30), default: defaults.responseBytes),
            callsInFlight: limits.int("calls_in_flight", in: 1...1_000_000, default: defaults.callsInFlight),
            headerBytes: limits.byteSize("header_bytes", in: 1024...(1 << 20), default: defaults.headerBytes))
        configuration.durability = audit.choice("durability") ?? Durability.strict
        configuration.shutdownGrace = TimeAmount(
            reader.duration("shutdown_grace", in: .zero ... .seconds(3600), default: .seconds(30)))
        configuration.egress = egress(reader.section("egress"))
        configuration.llm = llm(reader.section("llm"))
        configuration.auditRetentionDays = audit.int(
            "retention_days", in: 1...36_500, default: configuration.auditRetentionDays)
        refuseWhatIsNotThere(reader)
        try reader.finish()
        return configuration
    }

    /// Where the data is and its master key, for commands that need no listener; other settings are not looked at.
    package static func readDataFolder(
        path: String?, flags: [(key: String, flag: String, text: String?)] = [], environment: [String: String]
    ) throws(SettingsError) -> (folder: String, masterKey: MasterKeySource) {
        let layers = Layered(flags: flags, environment: environment, keys: variables)
        let reader =
            if let path { SettingsReader(document: try parseFile(path), file: path, layers: layers) } else {
                SettingsReader(layers: layers)
            }
        let folder = reader.string("data_dir", default: "/var/lib/penstock")
        let vault = reader.section("vault")
        let key = masterKey(vault, environment, dataDirectory: folder)
        try vault.finish()
        return (folder, key)
    }

    /// Refuses what a setting asks for and this version cannot give; takes its key where it asks for nothing.
    private static func refuseWhatIsNotThere(_ reader: SettingsReader) {
        let notYet = "is not available in this version; remove it or set it to null"
        if let store = reader.nested("store"), store.string("kind", default: "sqlite") != "sqlite" {
            store.reject("kind", "can only be sqlite in this version")
        }
        let optional = [
            "telemetry": ["otlp_endpoint"], "oidc": ["issuer", "client_id", "client_secret_file"],
        ]
        for (name, keys) in optional {
            let section = reader.section(name)
            for key in keys where section.string(key) != nil { section.reject(key, notYet) }
        }
    }

    private static func egress(_ reader: SettingsReader) -> Egress {
        var egress = Egress()
        egress.addresses = reader.strings("addresses") ?? []
        for text in egress.addresses where (try? CIDR(text)) == nil {
            reader.reject("addresses", "holds \(text.quotedForMessage), which is no IP address")
        }
        egress.bind = reader.string("bind")
        if let bind = egress.bind, IPAddress(bind) == nil { reader.reject("bind", "must be an IP address") }
        egress.proxy = reader.string("proxy")
        egress.proxyResolves = reader.bool("proxy_resolves", default: false)
        for text in reader.strings("allow_private") ?? [] {
            guard let range = try? CIDR(text) else {
                reader.reject("allow_private", "holds \(text.quotedForMessage), which is no address range")
                continue
            }
            egress.allowPrivate.append(range)
        }
        egress.allowUnverifiedTLS = reader.bool("allow_unverified_tls", default: false)
        egress.caFile = reader.string("ca_file")
        return egress
    }

    private static func llm(_ reader: SettingsReader) -> LLM? {
        let key = reader.text("api_key_file")
        let model = reader.string("model")
        guard let text = reader.string("base_url") else {
            if model != nil { reader.reject("model", "needs base_url beside it") }
            return nil
        }
        guard let base = try? BaseURL(text) else {
            reader.reject("base_url", "must be a URL such as https://api.example.com/v1")
            return nil
        }
        guard let model else {
            reader.reject("model", "is missing beside base_url")
            return nil
        }
        return LLM(base: base, model: model, apiKeyFile: key)
    }

    private static func masterKey(
        _ vault: SettingsReader, _ environment: [String: String], dataDirectory: String
    ) -> MasterKeySource {
        let file = vault.text("master_key_file")
        let command = command(vault)
        if file != nil && command != nil {
            vault.reject("master_key_command", "cannot stand beside master_key_file; remove one of them")
        }
        if let text = environment[masterKeyVariable], !text.isEmpty { return .environment(text) }
        if let command { return .command(command) }
        return .file(file ?? dataDirectory + "/master.key")
    }

    /// A line for the shell, or a program and its arguments.
    private static func command(_ vault: SettingsReader) -> MasterKeyCommand? {
        let key = "master_key_command"
        switch vault.value(key) {
        case nil:
            return nil
        case .string(let line)? where line.contains { !$0.isWhitespace }:
            return MasterKeyCommand(shell: line)
        case .array(let words)?:
            let arguments = words.compactMap(\.string)
            guard arguments.count == words.count, arguments.first?.isEmpty == false,
                !arguments.contains(where: { $0.utf8.contains(0) })
            else { break }
            return MasterKeyCommand(arguments: arguments)
        default:
            break
        }
        vault.reject(key, "must be a line for the shell, or a list of a program and its arguments")
        return nil
    }

    /// Reads `host:port`, with an IPv6 host in brackets.
    private static func listen(_ reader: SettingsReader, _ key: String) -> Listen? {
        guard let text = reader.string(key) else { return nil }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else {
            reader.reject(key, "must be an address and a port, such as 127.0.0.1:8443")
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        if host.isEmpty || host == "*" { host = "0.0.0.0" }
        return Listen(host: String(host), port: port)
    }
}
