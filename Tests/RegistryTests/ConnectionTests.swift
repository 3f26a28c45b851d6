import EgressPolicy
import Registry
import Testing
import Value

@Suite("Connection of a definition")
struct ConnectionTests {
    private func faults(_ base: String, _ allowed: [String], in json: JSON = Definitions.direct) throws -> [String] {
        let context = DefinitionContext(
            user: "usr_1", api: "api_1", tunnels: [], allowPrivate: try allowed.map { try CIDR($0) })
        return Definitions.faults("/connection/base_url", .string(base), in: json, context).map { "\($0.kind)" }
    }

    @Test("without a tunnel, or with one switched off, calls go straight to the host", arguments: ["off", "none", nil])
    func direct(kind: String?) throws {
        let tunnel: JSON? =
            switch kind {
            case "off": ["enabled": false, "type": nil, "tunnel_id": nil]
            case "none": ["enabled": true, "type": "none"]
            default: nil
            }
        let api = try Definitions.compile(Definitions.edit(Definitions.direct, "/tunnel", tunnel))
        #expect(api.route == .direct(APIRoute.TLS()) && api.route.tunnel == nil)
        #expect(api.retries == 0 && !api.followsRedirects && api.addresses == nil && api.limits == CallLimits())
    }

    @Test("a tunnel that is named is meant, unless it is switched off")
    func named() throws {
        let api = try Definitions.compile(
            Definitions.edit(Definitions.crm, "/tunnel", ["type": "platform_agent", "tunnel_id": "tun_1"]))
        #expect(api.route == .tunnel(id: "tun_1"))
    }

    @Test("a Cloudflare tunnel is called directly, with the service token of Access where one is written")
    func cloudflare() throws {
        let plain = Definitions.edit(Definitions.direct, "/tunnel", ["enabled": true, "type": "cloudflare"])
        #expect(try Definitions.compile(plain).route == .cloudflare(APIRoute.TLS(), nil))
        let json = Definitions.edit(plain, "/tunnel/access", ["client_id": "i", "client_secret": "s"])
        let api = try Definitions.compile(json)
        #expect(api.credentials.map(\.field) == ["key", "access_client_id", "access_client_secret"])
        #expect(
            Definitions.faults("/connection/base_url", "http://crm.example.com", in: json).map(\.kind)
                == [.urlNotAllowed])
        #expect(
            Definitions.faults("/tunnel/type", "platform_agent", in: json).contains {
                "\($0.pointer)" == "/tunnel/access"
            })
    }

    @Test("S2: a private address is called directly only over HTTPS and where the operator allows its range")
    func privateAddresses() throws {
        #expect(try faults("https://10.1.2.3", ["10.0.0.0/8"]).isEmpty)
        #expect(try faults("https://10.1.2.3", ["192.168.0.0/16"]) == ["urlNotAllowed"])
        #expect(try faults("http://10.1.2.3", ["10.0.0.0/8"]) == ["urlNotAllowed"])
        #expect(try faults("https://[fd00::1]", ["fd00::/8"]).isEmpty)
    }

    @Test("S2: a range of the operator's opens what lies in it, and nothing a cloud's metadata")
    func metadata() throws {
        #expect(try faults("https://127.0.0.1", ["127.0.0.0/8"]).isEmpty)
        #expect(try faults("https://127.0.0.1", ["10.0.0.0/8"]) == ["urlNotAllowed"])
        #expect(try faults("https://127.0.0.1", ["127.0.0.1"]).isEmpty)
        #expect(try faults("https://169.254.169.254", ["169.254.169.254/32"]) == ["urlNotAllowed"])
        #expect(try faults("https://[::ffff:169.254.169.254]", ["0.0.0.0/0", "::/0"]) == ["urlNotAllowed"])
    }

    @Test(
        "S4: a host that can be read in two ways is refused",
        arguments: [
            "https://0x7f.1", "https://2130706433", "https://127.1", "https://a.example.", "https://a%00.example",
            "https://u@a.example", "https://a\\b.example", "https://[fe80::1%25eth0]", "https://münchen.example",
        ])
    func oddHosts(base: String) throws {
        #expect(try faults(base, []) == ["invalid"])
    }

    @Test("a stored definition still reads when the operator has narrowed the ranges; calls are judged again")
    func narrowed() throws {
        let context = DefinitionContext(
            user: "usr_1", api: "api_1", tunnels: [], allowPrivate: [try CIDR("10.0.0.0/8")],
            allowsUnverifiedTLS: true)
        var json = Definitions.edit(Definitions.direct, "/connection/base_url", "https://10.1.2.3")
        json = Definitions.edit(json, "/connection/verify_ssl", false)
        let api = try Definitions.compile(json, context)
        #expect(api.route.tls?.verifies == false)
    }

    @Test("TLS without verification is the operator's to allow, and behind a tunnel the connector's")
    func unverified() {
        #expect(
            Definitions.faults("/connection/verify_ssl", false, in: Definitions.direct).map(\.kind) == [.urlNotAllowed])
        let tunnelled = Definitions.faults("/connection/verify_ssl", false)
        #expect(tunnelled.map(\.kind) == [.invalid] && tunnelled.first?.message.contains("connector") == true)
    }

    @Test("a private CA and a client's certificate are kept as they are, its key in the vault")
    func certificates() throws {
        var json = Definitions.edit(Definitions.direct, "/connection/ca_certificate", .string(Certificates.pem))
        json = Definitions.edit(json, "/connection/client_certificate", .string(Certificates.pem))
        json = Definitions.edit(json, "/connection/client_key", "-----BEGIN PRIVATE KEY-----\nx\n")
        let api = try Definitions.compile(json)
        #expect(api.route.tls?.authorities == Certificates.pem)
        #expect(api.route.tls?.client?.certificate == Certificates.pem)
        #expect(api.route.tls?.client?.key.field == "client_key")
    }

    @Test(
        "certificates that are none, keys in their place, and keys without them are refused",
        arguments: [
            ("/connection/ca_certificate", "ca.pem"), ("/connection/client_certificate", "x"),
            ("/connection/client_key", "k"),
            (
                "/connection/ca_certificate",
                .string(Certificates.pem + "-----BEGIN EC PRIVATE KEY-----\nx\n-----END EC PRIVATE KEY-----")
            ),
        ] as [(String, JSON)])
    func oddCertificates(pointer: String, value: JSON) {
        let faults = Definitions.faults(pointer, value, in: Definitions.direct)
        #expect(faults.map { "\($0.pointer)" } == [pointer])
    }

    @Test("behind a tunnel, TLS to the API is the connector's matter")
    func tunnelCertificates() {
        let faults = Definitions.faults("/connection/ca_certificate", .string(Certificates.pem))
        #expect(faults.count == 1 && faults.first?.message.contains("ca_file") == true)
    }

    @Test("retries, redirects, limits and addresses are compiled")
    func compiled() throws {
        var json = Definitions.edit(Definitions.direct, "/connection/retry_attempts", 3)
        json = Definitions.edit(json, "/connection/follow_redirects", true)
        json = Definitions.edit(
            json, "/security",
            [
                "rate_limit": ["requests_per_minute": 60, "requests_per_day": 10000], "max_in_flight": 5,
                "ip_allowlist": ["203.0.113.7", "2001:db8::/32"], "validation": "warn", "proxy": "open",
            ])
        let api = try Definitions.compile(json)
        #expect(api.retries == 3 && api.followsRedirects && api.validation == .warn && api.proxy == .open)
        #expect(api.limits == CallLimits(perMinute: 60, perDay: 10000, inFlight: 5))
        #expect(api.addresses?.map(\.description) == ["203.0.113.7/32", "2001:db8::/32"])
    }

    @Test(
        "limits that mean nothing are refused",
        arguments: [
            ("/security/rate_limit/requests_per_minute", 0), ("/security/rate_limit/requests_per_hour", 5),
            ("/security/requests_per_day", 5), ("/security/max_in_flight", -1), ("/security/ip_allowlist", []),
            ("/security/ip_allowlist/0", "10.0.0.1/8"), ("/connection/retry_attempts", 11),
        ] as [(String, JSON)])
    func oddLimits(pointer: String, value: JSON) {
        var json = Definitions.direct
        if pointer.hasSuffix("/0") { json = Definitions.edit(json, "/security/ip_allowlist", []) }
        #expect(Definitions.faults(pointer, value, in: json).map { "\($0.pointer)" } == [pointer])
    }

    @Test("an API at an address has to be in its own list of addresses")
    func ownList() {
        let json = Definitions.edit(Definitions.direct, "/connection/base_url", "https://8.8.8.8")
        #expect(Definitions.faults("/security/ip_allowlist", ["8.8.8.0/24"], in: json).isEmpty)
        #expect(Definitions.faults("/security/ip_allowlist", ["9.9.9.9"], in: json).map(\.kind) == [.urlNotAllowed])
    }

    @Test("the number of endpoints is bounded")
    func many() {
        let endpoints = (0...2000).map { JSON.object(["name": "e\($0)", "method": "GET", "path": "/"]) }
        let faults = Definitions.faults("/endpoints", .array(endpoints))
        #expect(faults.map { "\($0.pointer)" } == ["/endpoints"])
    }
}
