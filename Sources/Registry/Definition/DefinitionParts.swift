import EgressPolicy
import Value

/// Everything of a definition that calls need, read and checked.
struct DefinitionParts: Sendable {
    var name: String
    var description: String?
    var base: BaseURL
    var timeout: Duration
    var auth: AuthPlan
    var endpoints: [CompiledEndpoint]
    var allowlist: URLAllowlist
    var validation: CompiledAPI.Validation
    var proxy: CompiledAPI.Proxy
    var tunnel: String

    /// `nil` when something that cannot be left out is missing; the fault has been added then.
    init?(_ reader: ObjectReader, _ context: DefinitionContext, _ authentication: AuthenticationPart) {
        let faults = reader.faults
        name = reader.string("name") ?? ""
        description = reader.string("description")
        let tunnel = Self.tunnel(reader, context)
        let connection = Self.connection(reader, hasTunnel: tunnel.wanted)
        let security = Self.security(reader)
        auth = authentication.plan
        validation = security.validation
        proxy = security.proxy
        timeout = connection.timeout
        var endpoints = EndpointList(validation: security.validation)
        for element in reader.elements("endpoints") { endpoints.read(element.value, at: element.pointer, faults) }
        if endpoints.isEmpty, security.proxy == .endpoints {
            faults.invalid(reader.place("endpoints"), "Define at least one endpoint.")
        }
        self.endpoints = endpoints.endpoints
        guard let base = connection.base, let id = tunnel.id else { return nil }
        self.base = base
        self.tunnel = id
        allowlist = security.allowlist ?? URLAllowlist(below: base)
    }

    private static func connection(
        _ reader: ObjectReader, hasTunnel: Bool
    ) -> (base: BaseURL?, timeout: Duration) {
        guard let connection = reader.nested("connection") else {
            if reader.object["connection"] == nil {
                reader.faults.invalid(reader.place("connection"), "\"connection\" is missing.")
            }
            return (nil, .seconds(30))
        }
        let base = connection.required("base_url").flatMap { baseURL($0, connection, hasTunnel: hasTunnel) }
        let timeout = connection.int("timeout_ms", in: 1...600_000) ?? 30_000
        if let attempts = connection.int("retry_attempts", in: 0...10), attempts > 0 {
            connection.faults.notImplemented(connection.place("retry_attempts"), "Retries are")
        }
        if connection.bool("verify_ssl") == false {
            connection.faults.notImplemented(
                connection.place("verify_ssl"), "Unverified TLS is decided in the connector's own file; here it is")
        }
        if connection.bool("follow_redirects") == true {
            connection.faults.notImplemented(connection.place("follow_redirects"), "Following redirects is")
        }
        connection.unavailable("ca_certificate", "A private CA of the definition is")
        connection.unavailable("client_certificate", "A client certificate of the definition is")
        connection.unavailable("client_key", "A client key of the definition is")
        connection.finish()
        return (base, .milliseconds(timeout))
    }

    private static func baseURL(_ text: String, _ connection: ObjectReader, hasTunnel: Bool) -> BaseURL? {
        let place = connection.place("base_url")
        let base: BaseURL
        do throws(OriginError) {
            base = try BaseURL(text)
        } catch {
            connection.faults.invalid(place, "\(error)")
            return nil
        }
        guard !hasTunnel else { return base }
        if base.origin.scheme == .http {
            connection.faults.add(
                .urlNotAllowed, place, "http:// is accepted only with a tunnel. Use https://, or set up a tunnel.")
        }
        if case .address(let address) = base.origin.host, address.classify() != .global {
            connection.faults.add(
                .urlNotAllowed, place, "An address that is not public is reached only through a tunnel.")
        }
        return base
    }

    private static func security(
        _ reader: ObjectReader
    ) -> (allowlist: URLAllowlist?, validation: CompiledAPI.Validation, proxy: CompiledAPI.Proxy) {
        guard let security = reader.nested("security") else { return (nil, .strict, .endpoints) }
        let faults = security.faults
        var patterns: [String]?
        if security.value("url_allowlist") != nil {
            var sound: [String] = []
            for (value, pointer) in security.elements("url_allowlist") {
                guard let pattern = value.string else {
                    faults.invalid(pointer, "A URL pattern is a string, not \(value.typeName).")
                    continue
                }
                do throws(RuleError) {
                    _ = try URLAllowlist([pattern])
                    sound.append(pattern)
                } catch {
                    faults.invalid(pointer, "\(error)")
                }
            }
            patterns = sound
        }
        security.unavailable("rate_limit", "Rate limits are")
        security.unavailable("ip_allowlist", "Address allowlists are")
        let validation = security.word("validation", among: ["strict", "warn", "off"])
        let proxy = security.word("proxy", among: ["endpoints", "open"])
        security.finish()
        return (
            patterns.flatMap { try? URLAllowlist($0) }, validation.flatMap(CompiledAPI.Validation.init) ?? .strict,
            proxy.flatMap(CompiledAPI.Proxy.init) ?? .endpoints
        )
    }

    /// - Returns: the tunnel's id, and whether a tunnel is asked for at all.
    private static func tunnel(_ reader: ObjectReader, _ context: DefinitionContext) -> (id: String?, wanted: Bool) {
        let faults = reader.faults
        guard let tunnel = reader.nested("tunnel") else {
            faults.notImplemented(reader.place("tunnel"), "Calling an API without a tunnel is")
            return (nil, false)
        }
        let enabled = tunnel.bool("enabled") ?? false
        let type = tunnel.word("type", among: ["platform_agent", "cloudflare"])
        let id = tunnel.string("tunnel_id")
        tunnel.unavailable("access", "Cloudflare Access is")
        tunnel.finish()
        guard enabled else {
            faults.notImplemented(tunnel.place("enabled"), "Calling an API without a tunnel is")
            return (nil, false)
        }
        switch type {
        case "platform_agent":
            guard let id, !id.isEmpty else {
                faults.invalid(tunnel.place("tunnel_id"), "\"tunnel_id\" is missing.")
                return (nil, true)
            }
            if let known = context.tunnels, !known.contains(id) {
                faults.invalid(tunnel.place("tunnel_id"), "You have no tunnel with this id.")
            }
            return (id, true)
        case nil:
            if tunnel.object["type"]?.isNull ?? true {
                faults.invalid(tunnel.place("type"), "\"type\" is missing: platform_agent or cloudflare.")
            }
            return (nil, true)
        default:
            faults.notImplemented(tunnel.place("type"), "A Cloudflare tunnel is")
            return (nil, true)
        }
    }
}
