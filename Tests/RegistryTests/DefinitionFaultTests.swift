import Registry
import Testing
import Value

@Suite("Definition faults")
struct DefinitionFaultTests {
    @Test(
        "what does not follow the schema is invalid, and named by its pointer",
        arguments: [
            ("/name", nil), ("/name", ""), ("/name", 5), ("/slug", "Bad-Slug"), ("/connection", nil),
            ("/connection/base_url", "ftp://x"), ("/connection/base_url", "http://user:pw@host/"),
            ("/connection/base_url", "http://host/?q=1"), ("/connection/base_url", "http://0x7f.1/"),
            ("/connection/timeout_ms", 0), ("/connection/timeout_ms", "30"), ("/connection/verify_tls", true),
            ("/authentication/type", "apikey"), ("/authentication/type", nil), ("/authentication/header_name", "X"),
            ("/authentication/config/header_name", "Host"), ("/authentication/config/header_name", "X Key"),
            ("/authentication/config/header_name", "Transfer-Encoding"), ("/authentication/config/prefix", "a\r\nb"),
            ("/authentication/config/key", ""), ("/authentication/config/key", 7),
            ("/endpoints", []), ("/endpoints/0/name", "get customer"), ("/endpoints/1/name", "get_customer"),
            ("/endpoints/0/path", "customers"), ("/endpoints/0/path", "/a/../{customer_id}"),
            ("/endpoints/0/request_body", 5), ("/endpoints/0/parameters/0/required", false),
            ("/endpoints/0/parameters/1/name", "customer_id"), ("/endpoints/0/parameters/1/allow_slash", true),
            ("/endpoints/0/parameters/1/in", "body"), ("/endpoints/0/security", ["key"]),
            ("/security/url_allowlist", ["not a url"]), ("/security/validation", "none"), ("/security/proxy", "yes"),
            ("/tunnel/tunnel_id", nil), ("/tunnel/tunnel_id", "tun_of_another"), ("/tunnel/type", nil),
            ("/tunnel/type", "vpn"), ("/rate_limit", [:]),
        ] as [(String, JSON?)])
    func invalid(pointer: String, value: JSON?) {
        let faults = Definitions.faults(pointer, value)
        #expect(
            faults.contains {
                $0.kind == .invalid && "\($0.pointer)".hasPrefix(pointer) || pointer == "/endpoints/0/request_body"
            })
    }

    @Test("without a tunnel, http and addresses that are not public are not allowed")
    func withoutTunnel() throws {
        for (base, count) in [
            ("http://crm.corp.example", 1), ("http://127.0.0.1", 2), ("https://[fd00::1]/", 1), ("https://8.8.8.8", 0),
        ] {
            var tokens: ArraySlice<String> = ["tunnel"]
            let json = Definitions.edit(Definitions.crm, &tokens, nil)
            let faults = Definitions.faults("/connection/base_url", .string(base), in: json)
            #expect(faults.filter { $0.kind == .urlNotAllowed }.count == count)
            #expect(faults.count == count)
        }
    }

    @Test("an endpoint may say that it sends no credential")
    func publicEndpoint() throws {
        var tokens: ArraySlice<String> = ["endpoints", "0", "security"]
        let json = Definitions.edit(Definitions.crm, &tokens, [])
        let api = try CompiledAPI(stored: Definitions.stored(Definitions.read(json)))
        #expect(api.endpoints.map(\.sendsCredential) == [false, true])
    }

    @Test("a document with countless mistakes gives a bounded list of them")
    func countless() {
        let keys = JSONObject((0..<5000).map { ("unknown\($0)", 1) })
        #expect(Definitions.faults("/connection", .object(keys)).count == 1000)
    }

    @Test("null counts as absent, as in the documented configuration")
    func nulls() {
        for pointer in ["/security/ip_allowlist", "/security/rate_limit", "/connection/client_key", "/description"] {
            #expect(Definitions.faults(pointer, .null).isEmpty)
        }
    }
}
