import EgressPolicy
package import Settings
package import Value

extension ConnectorConfiguration {
    /// The keys that a `PENSTOCK_…` variable may set.
    package static let variables = [
        "relay", "token_file", "connections", "max_connections", "ca_file", "allow", "audit.file", "health.listen",
        "shutdown_grace", "limits.concurrent_requests", "limits.response_bytes", "limits.connect_timeout",
        "limits.idle_connections", "limits.idle_connections_total",
    ]

    /// Reads a document, or, where there is none, the environment alone.
    ///
    /// - Parameters:
    ///   - file: the document's name, for messages. Relative paths in it start at its folder.
    ///   - layers: flags and environment, which go before the file.
    ///   - proxyVariable: the value of `HTTPS_PROXY`, which would have to be obeyed.
    /// - Throws: `SettingsError` with every fault: place, what is wrong, what to do.
    package static func parse(
        _ document: Document?, file: String, layers: Layered = .fileOnly, proxyVariable: String? = nil
    ) throws(SettingsError) -> ConnectorConfiguration {
        let reader =
            document.map { SettingsReader(document: $0, file: file, layers: layers) }
            ?? SettingsReader(layers: layers)
        var parser = ConfigurationParser(reader: reader, folder: folder(of: file))
        let configuration = parser.read(proxyVariable: proxyVariable)
        try reader.finish()
        return configuration
    }

    private static func folder(of file: String) -> String {
        file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    }
}

/// Reads each key once; what is wrong is noted in the reader.
private struct ConfigurationParser {
    let reader: SettingsReader
    let folder: String

    mutating func read(proxyVariable: String?) -> ConnectorConfiguration {
        refuseProxy(variable: proxyVariable)
        let relay = readRelay()
        let tokenFile = path(reader.requiredString("token_file"))
        var configuration = ConnectorConfiguration(relay: relay, tokenFile: tokenFile, allow: readAllow())
        configuration.connections = reader.int("connections", in: 1...8, default: configuration.connections)
        configuration.maxConnections = reader.int("max_connections", in: 1...32, default: configuration.maxConnections)
        if configuration.maxConnections < configuration.connections {
            reader.reject("max_connections", "must be at least connections, which is \(configuration.connections)")
        }
        configuration.caFile = reader.text("ca_file").map(path)
        configuration.hosts = readHosts()
        configuration.limits = readLimits()
        configuration.auditFile = reader.section("audit").text("file").map(path)
        configuration.healthListen = readHealth()
        configuration.shutdownGrace = reader.duration(
            "shutdown_grace", in: .zero ... .seconds(3600), default: configuration.shutdownGrace)
        return configuration
    }

    /// Calls must not quietly leave by another way than the one that was asked for.
    private func refuseProxy(variable: String?) {
        if reader.contains("proxy") {
            _ = reader.string("proxy")
            reader.reject("proxy", "is not implemented yet: the connector can only dial directly; remove it")
        } else if let variable, !variable.isEmpty {
            reader.reject(
                "proxy",
                "would come from HTTPS_PROXY, which is set, but proxies are not implemented yet; "
                    + "unset HTTPS_PROXY to dial directly")
        }
    }

    private func readRelay() -> ConnectorConfiguration.Relay {
        let text = reader.requiredString("relay")
        let nowhere = ConnectorConfiguration.Relay(host: .name("relay.invalid"))
        guard !text.isEmpty else { return nowhere }
        do throws(OriginError) {
            let origin = try Origin(text.hasSuffix("/") ? text.dropLast() : text[...])
            guard origin.scheme == .https else {
                reader.reject("relay", "must begin with https://")
                return nowhere
            }
            return .init(host: origin.host, port: origin.port)
        } catch {
            reader.reject("relay", "must be an address such as https://relay.example.com: \(error)")
            return nowhere
        }
    }

    private func readAllow() -> [ConnectorConfiguration.Rule] {
        if reader.source(of: "allow").hasPrefix("PENSTOCK_") || reader.source(of: "allow").hasPrefix("--") {
            let rules = (reader.strings("allow") ?? []).map { ConnectorConfiguration.Rule(origin: $0) }
            for rule in rules {
                if let fault = ConnectorPolicy.fault(in: rule) { reader.reject("allow", "\(fault)") }
            }
            return rules
        }
        guard let entries = reader.list("allow"), !entries.isEmpty else {
            if !reader.contains("allow") { reader.missing("allow") } else { reader.reject("allow", "allows nothing") }
            return []
        }
        return entries.map(readRule)
    }

    private func readRule(_ entry: SettingsReader) -> ConnectorConfiguration.Rule {
        var rule = ConnectorConfiguration.Rule(origin: entry.requiredString("origin"))
        rule.methods = entry.strings("methods", default: [])
        rule.paths = entry.strings("paths", default: [])
        switch entry.string("encoded_slashes") {
        case nil, "refuse"?: break
        case "allow"?: rule.permitsEncodedSlashes = true
        default: entry.reject("encoded_slashes", "must be refuse or allow")
        }
        if entry.contains("methods"), rule.methods.isEmpty {
            entry.reject("methods", "allows nothing; name some, or remove it to allow every method")
        }
        if entry.contains("paths"), rule.paths.isEmpty {
            entry.reject("paths", "allows nothing; name some, or remove it to allow every path")
        }
        if let tls = entry.nested("tls") { rule.tls = readTLS(tls, isHTTPS: rule.origin.hasPrefix("https:")) }
        if !rule.origin.isEmpty, let fault = ConnectorPolicy.fault(in: rule) {
            entry.reject(fault.key, fault.message)
        }
        return rule
    }

    private func readTLS(_ entry: SettingsReader, isHTTPS: Bool) -> ConnectorConfiguration.TLS {
        var tls = ConnectorConfiguration.TLS()
        tls.caFile = entry.text("ca_file").map(path)
        if let name = entry.text("server_name") {
            tls.serverName = IPAddress(name).map { .address($0) } ?? (try? Host(name))
            if tls.serverName == nil { entry.reject("server_name", "must be a host name or an address") }
        }
        tls.verify = entry.bool("verify", default: true)
        tls.clientCertificate = entry.text("client_certificate").map(path)
        tls.clientKey = entry.text("client_key").map(path)
        if !isHTTPS { entry.reject("verify", "has no meaning: the origin is not https") }
        if tls.clientKey != nil, tls.clientCertificate == nil {
            entry.reject("client_key", "needs client_certificate beside it")
        }
        return tls
    }

    private func readHosts() -> [String: IPAddress] {
        var hosts: [String: IPAddress] = [:]
        let section = reader.section("hosts")
        for (name, value) in reader.stringMap("hosts") ?? [] {
            _ = section.value(name)
            guard case .name(let host)? = try? Host(name) else {
                section.reject(name, "is not a host name")
                continue
            }
            guard let address = IPAddress(value) else {
                section.reject(name, "must be an IP address such as 10.1.2.3")
                continue
            }
            hosts[host] = address
        }
        return hosts
    }

    private func readLimits() -> ConnectorConfiguration.Limits {
        var limits = ConnectorConfiguration.Limits()
        let section = reader.section("limits")
        limits.concurrentRequests = section.int(
            "concurrent_requests", in: 1...100_000, default: limits.concurrentRequests)
        limits.responseBytes = section.byteSize(
            "response_bytes", in: 1...(1 << 50), default: limits.responseBytes)
        limits.connectTimeout = section.duration(
            "connect_timeout", in: .milliseconds(1) ... .seconds(300), default: limits.connectTimeout)
        limits.connectionAge = section.duration(
            "connection_age", in: .seconds(1) ... .seconds(86_400), default: limits.connectionAge)
        limits.idleConnections = section.int(
            "idle_connections", in: 0...100_000, default: limits.concurrentRequests)
        limits.idleConnectionsTotal = section.int(
            "idle_connections_total", in: 0...1_000_000, default: limits.idleInAll)
        return limits
    }

    private func readHealth() -> ConnectorConfiguration.Listen? {
        let section = reader.section("health")
        let text = section.string("listen", default: "127.0.0.1:8181")
        // The same parser as for origins, with the scheme that knows no default here.
        guard let origin = try? Origin(scheme: "http", authority: text), case .address(let address) = origin.host else {
            section.reject("listen", "must be an address and a port such as 127.0.0.1:8181")
            return nil
        }
        return .init(address: address, port: origin.port)
    }

    private func path(_ text: String) -> String {
        text.isEmpty || text.hasPrefix("/") ? text : folder + text
    }
}
