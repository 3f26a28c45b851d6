import EgressPolicy
import Testing

@Suite("Local policy")
struct LocalPolicyTests {
    /// The rules of the reference configuration.
    private let reference = [
        LocalRule(origin: "http://192.168.1.100:8080", methods: ["GET", "POST"], paths: ["/api/v1/*"]),
        LocalRule(origin: "https://*.internal.example:8443"),
        LocalRule(origin: "http://10.20.0.0/16:*"),
    ]

    private func call(
        _ rules: [LocalRule], _ url: String, method: String = "GET", encodedSlashes: EncodedSlashes = .refuse
    ) throws -> Decision {
        let (scheme, authority, target) = split(url)
        return try LocalPolicy(rules).judge(
            method: method, scheme: scheme, authority: authority, target: target, encodedSlashes: encodedSlashes)
    }

    private func split(_ url: String) -> (String, String, String) {
        let scheme = url.prefix { $0 != ":" }
        let rest = url.dropFirst(scheme.count + 3)
        let authority = rest.prefix { $0 != "/" }
        return (String(scheme), String(authority), String(rest.dropFirst(authority.count)))
    }

    private func reason(_ decision: Decision) -> Denial.Reason? {
        if case .denied(let denial) = decision { denial.reason } else { nil }
    }

    /// The rule that permits a call to `url` when its host has `address`, or why none does.
    private func judge(_ rules: [LocalRule], _ url: String, address: String) throws -> AddressDecision {
        let policy = try LocalPolicy(rules)
        let (scheme, authority, target) = split(url)
        let decision = policy.judge(
            method: "GET", scheme: scheme, authority: authority, target: target, encodedSlashes: .refuse)
        guard case .allowed(let match) = decision else { return .denied(try #require(denial(decision))) }
        return policy.judge(address: try #require(IPAddress(address)), for: match)
    }

    private func denial(_ decision: Decision) -> Denial? {
        if case .denied(let denial) = decision { denial } else { nil }
    }

    @Test(
        "T9: the reference rules allow what they say and nothing beside it",
        arguments: [
            ("GET", "http://192.168.1.100:8080/api/v1/x", nil), ("POST", "http://192.168.1.100:8080/api/v1/", nil),
            ("HEAD", "http://192.168.1.100:8080/api/v1/x", nil),
            ("DELETE", "http://192.168.1.100:8080/api/v1/x", .methodNotAllowed),
            ("get", "http://192.168.1.100:8080/api/v1/x", .methodNotAllowed),
            ("GET", "http://192.168.1.100:8080/api/v2/x", .pathNotAllowed),
            ("GET", "http://192.168.1.100:8080/api/v1", .pathNotAllowed),
            ("GET", "http://192.168.1.100/api/v1/x", .originNotListed),
            ("GET", "https://192.168.1.100:8080/api/v1/x", .originNotListed),
            ("GET", "http://192.168.1.101:8080/api/v1/x", .originNotListed),
            ("PUT", "https://a.internal.example:8443/x", nil), ("GET", "https://a.b.internal.example:8443/x", nil),
            ("GET", "https://A.Internal.EXAMPLE:8443/x", nil),
            ("GET", "https://internal.example:8443/x", .originNotListed),
            ("GET", "https://evilinternal.example:8443/x", .originNotListed),
            ("GET", "https://a.internal.example.evil:8443/x", .originNotListed),
            ("GET", "https://a.internal.example/x", .originNotListed), ("GET", "http://10.20.3.4:9999/x", nil),
            ("GET", "http://10.20.3.4/x", nil), ("GET", "http://10.21.3.4:80/x", .originNotListed),
            ("GET", "http://[::ffff:10.20.3.4]/x", nil), ("GET", "https://10.20.3.4/x", .originNotListed),
            ("CONNECT", "http://10.20.3.4/x", .methodNotAllowed), ("TRACE", "http://10.20.3.4/x", .methodNotAllowed),
        ] as [(String, String, Denial.Reason?)])
    func reference(method: String, url: String, expected: Denial.Reason?) throws {
        #expect(try reason(call(reference, url, method: method)) == expected)
    }

    @Test("T9: without rules everything is denied")
    func empty() throws {
        #expect(try reason(call([], "http://192.168.1.100/")) == .originNotListed)
    }

    @Test(
        "S4: a host that parsers disagree on is denied, whatever the relay sends",
        arguments: [
            "user@192.168.1.100:8080", "192.168.1.100:8080@evil", "3232235876:8080", "0xc0a80164:8080",
            "192.168.356:8080",
            "192.168.1.100.:8080", "192.168.1.100:08080", "192.168.1.100:8080 ", "192.168.1.100\0:8080", "",
            "a.internal.example:8443\r\nHost: x", "a.internal.example%00.evil:8443", "evil\\a.internal.example:8443",
        ])
    func malformedAuthority(authority: String) throws {
        let policy = try LocalPolicy(reference)
        for scheme in ["http", "https"] {
            let decision = policy.judge(
                method: "GET", scheme: scheme, authority: authority, target: "/api/v1/x", encodedSlashes: .permit)
            guard case .malformedOrigin = try #require(reason(decision)) else {
                Issue.record("\(authority) was not malformed but \(decision)")
                continue
            }
            #expect(denial(decision)?.isOfAddress == false)
        }
    }

    @Test(
        "T10: an ambiguous path is denied even from a relay that asks for encoded slashes",
        arguments: [
            "/api/v1/../admin", "/api/v1/%2e%2e/admin", "/api/v1/..;/admin", "/api//v1/x", "/api/v1/x%2f..%2f..",
            "/api/v1/\\x",
            "/api/v1/x y", "//api/v1/x", "http://192.168.1.100:8080/api/v1/x", "", "*", "/api/v1/x#y",
        ])
    func malformedTarget(target: String) throws {
        let rules = [LocalRule(origin: "http://192.168.1.100:8080", paths: ["/api/v1/*"], encodedSlashes: .permit)]
        let decision = try LocalPolicy(rules).judge(
            method: "GET", scheme: "http", authority: "192.168.1.100:8080", target: target, encodedSlashes: .permit)
        guard case .malformedTarget = try #require(reason(decision)) else {
            Issue.record("\(target) was not malformed but \(decision)")
            return
        }
    }

    @Test("S7: a method that is not a token is denied")
    func malformedMethod() throws {
        for method in ["", "GET ", "GET\r\n", "G/T", "É", "GET\0"] {
            #expect(try reason(call(reference, "http://10.20.3.4/x", method: method)) == .malformedMethod)
        }
    }

    @Test("T9: a scheme other than http and https is denied")
    func scheme() throws {
        let policy = try LocalPolicy(reference)
        for scheme in ["", "ftp", "file", "ws"] {
            let decision = policy.judge(
                method: "GET", scheme: scheme, authority: "10.20.3.4", target: "/", encodedSlashes: .refuse)
            #expect(reason(decision) == .malformedOrigin(.scheme))
        }
    }

    @Test("S6: an encoded slash needs both the call's wish and the rule's permission")
    func encodedSlashes() throws {
        let url = "http://h/a%2Fb"
        let refusing = [LocalRule(origin: "http://h")]
        let permitting = [LocalRule(origin: "http://h", encodedSlashes: .permit)]
        #expect(try reason(call(refusing, url, encodedSlashes: .permit)) == .encodedSlashes)
        #expect(try reason(call(permitting, url, encodedSlashes: .refuse)) == .malformedTarget(.encodedSlash))
        #expect(try reason(call(permitting, url, encodedSlashes: .permit)) == nil)
        #expect(try reason(call(refusing, "http://h/ab", encodedSlashes: .permit)) == nil)
    }

    @Test("S6: only the rule that permits encoded slashes is a candidate for a path that has them")
    func encodedSlashesOfTheMatchingRule() throws {
        let rules = [
            LocalRule(origin: "http://h", paths: ["/a/*"]),
            LocalRule(origin: "http://h", paths: ["/b/*"], encodedSlashes: .permit),
        ]
        #expect(try reason(call(rules, "http://h/a/x%2fy", encodedSlashes: .permit)) == .encodedSlashes)
        guard case .allowed(let match) = try call(rules, "http://h/b/x%2fy", encodedSlashes: .permit) else {
            Issue.record("denied")
            return
        }
        #expect(match.rules == [1])
        #expect(match.target.raw == "/b/x%2fy")
        #expect(match.origin.authority == "h")
    }

    @Test("S1: a name that a rule names may have any private or global address")
    func ordinaryAddresses() throws {
        for rule in ["https://crm.corp:8443", "https://*.corp:8443"] {
            for address in [
                "10.0.0.1", "192.168.1.1", "8.8.8.8", "fd00::1", "100.64.0.1", "2606:4700::1", "::ffff:10.0.0.1",
            ] {
                let decision = try judge([LocalRule(origin: rule)], "https://crm.corp:8443/", address: address)
                #expect(decision == .allowed(rule: 0), "\(rule) \(address)")
            }
        }
    }

    @Test(
        "S2: loopback, link-local, metadata, unspecified and multicast need a rule of exactly that host or address",
        arguments: [
            ("127.0.0.1", AddressClass.loopback), ("::1", .loopback), ("169.254.1.1", .linkLocal),
            ("fe80::1", .linkLocal),
            ("169.254.169.254", .metadata), ("fd00:ec2::254", .metadata), ("100.100.100.200", .metadata),
            ("0.0.0.0", .unspecified), ("::", .unspecified), ("224.0.0.1", .multicast), ("255.255.255.255", .broadcast),
            ("::ffff:127.0.0.1", .loopback), ("64:ff9b::169.254.169.254", .metadata), ("2002:7f00:1::", .loopback),
        ])
    func sensitiveAddresses(address: String, addressClass: AddressClass) throws {
        let url = "http://crm.corp/x"
        let loose = [
            LocalRule(origin: "http://*.corp"), LocalRule(origin: "http://0.0.0.0/0:*"),
            LocalRule(origin: "http://[::]/0:*"),
        ]
        guard case .denied(let denial) = try judge(loose, url, address: address) else {
            Issue.record("a wildcard or range opened \(address)")
            return
        }
        #expect(denial.reason == .addressClass(addressClass))
        #expect(denial.isOfAddress)
        #expect(!denial.details.contains(address))

        let parsed = try #require(IPAddress(address))
        let literal = Host.address(parsed).description
        #expect(try reason(call(loose, "http://\(literal)/x")) == .addressClass(addressClass))

        #expect(try judge(loose + [LocalRule(origin: "http://crm.corp")], url, address: address) == .allowed(rule: 3))
        #expect(try judge(loose + [LocalRule(origin: "http://\(literal)")], url, address: address) == .allowed(rule: 3))
        let byLiteral = try judge([LocalRule(origin: "http://\(literal)")], "http://\(literal)/x", address: address)
        #expect(byLiteral == .allowed(rule: 0))
    }

    @Test("S2: a rule for one exact address opens no other, and not its embedded forms")
    func exactAddress() throws {
        let rules = [LocalRule(origin: "http://*.corp"), LocalRule(origin: "http://127.0.0.77")]
        #expect(try judge(rules, "http://crm.corp/", address: "127.0.0.77") == .allowed(rule: 1))
        #expect(try judge(rules, "http://crm.corp/", address: "::ffff:127.0.0.77") == .allowed(rule: 1))
        for address in ["127.0.0.1", "64:ff9b::127.0.0.77", "::127.0.0.77"] {
            guard case .denied = try judge(rules, "http://crm.corp/", address: address) else {
                Issue.record("\(address) was allowed")
                continue
            }
        }
    }

    @Test("S2: a rule for an exact host opens nothing on another port, scheme or path")
    func exactHostIsTheWholeRule() throws {
        let rules = [LocalRule(origin: "http://*.corp:*"), LocalRule(origin: "http://crm.corp:81", paths: ["/ok/*"])]
        #expect(try judge(rules, "http://crm.corp:81/ok/x", address: "127.0.0.1") == .allowed(rule: 1))
        for url in [
            "http://crm.corp:82/ok/x", "http://crm.corp:81/no", "http://crm.corp/ok/x", "http://b.corp:81/ok/x",
        ] {
            guard case .denied(let denial) = try judge(rules, url, address: "127.0.0.1") else {
                Issue.record("\(url) was allowed")
                continue
            }
            #expect(denial.reason == .addressClass(.loopback))
        }
    }

    @Test("S1: a name that only a range may allow is resolved first, and only an address inside is dialled")
    func ranges() throws {
        let rules = [LocalRule(origin: "http://10.20.0.0/16:*", methods: ["GET"], paths: ["/api/*"])]
        #expect(try judge(rules, "http://any.host:99/api/x", address: "10.20.255.1") == .allowed(rule: 0))
        guard case .denied(let outside) = try judge(rules, "http://any.host:99/api/x", address: "10.21.0.1") else {
            Issue.record("an address outside the range was allowed")
            return
        }
        #expect(outside.reason == .addressNotListed)
        #expect(outside.isOfAddress)
        #expect(try reason(call(rules, "http://any.host/api/x", method: "POST")) == .methodNotAllowed)
        #expect(try reason(call(rules, "http://any.host/other")) == .pathNotAllowed)
        #expect(try reason(call(rules, "https://any.host/api/x")) == .originNotListed)
    }

    @Test("S1: a literal host is never dialled at another address")
    func literals() throws {
        let decision = try judge(reference, "http://10.20.0.1/", address: "10.20.0.2")
        guard case .denied(let denial) = decision else {
            Issue.record("another address than the literal was allowed")
            return
        }
        #expect(denial.reason == .addressNotListed)
    }

    @Test("The first listed rule that permits the address counts")
    func order() throws {
        let rules = [
            LocalRule(origin: "http://10.0.0.0/8"), LocalRule(origin: "http://*.corp"),
            LocalRule(origin: "http://crm.corp"),
        ]
        #expect(try judge(rules, "http://crm.corp/", address: "10.0.0.1") == .allowed(rule: 0))
        #expect(try judge(rules, "http://crm.corp/", address: "192.168.0.1") == .allowed(rule: 1))
        #expect(try judge(rules, "http://crm.corp/", address: "127.0.0.1") == .allowed(rule: 2))
    }

    @Test("More than 64 rules are judged like few")
    func manyRules() throws {
        let rules =
            (0..<200).map { LocalRule(origin: "http://host\($0).corp") } + [LocalRule(origin: "http://10.0.0.0/8")]
        #expect(try judge(rules, "http://host150.corp/", address: "192.168.0.1") == .allowed(rule: 150))
        #expect(try judge(rules, "http://other.corp/", address: "10.0.0.1") == .allowed(rule: 200))
        #expect(try call(rules, "http://host199.corp/") == call(rules, "http://host199.corp/"))
    }

    @Test("Methods are listed in any case; a star stands for all but CONNECT and TRACE, which no rule can name")
    func methods() throws {
        #expect(try reason(call([LocalRule(origin: "http://h", methods: ["get"])], "http://h/")) == nil)
        #expect(try reason(call([LocalRule(origin: "http://h", methods: ["*"])], "http://h/", method: "PATCH")) == nil)
        for method in ["TRACE", "trace", "Track", "CONNECT"] {
            #expect(throws: RuleError.self) { try LocalPolicy([LocalRule(origin: "http://h", methods: [method])]) }
            let any = [LocalRule(origin: "http://h")]
            #expect(try reason(call(any, "http://h/", method: method)) == .methodNotAllowed, "\(method)")
        }
    }

    @Test(
        "A malformed rule is refused with its index and its text",
        arguments: [
            (LocalRule(origin: "crm.corp"), "crm.corp"), (LocalRule(origin: "http://h", methods: []), "http://h"),
            (LocalRule(origin: "http://h", methods: ["GET POST"]), "GET POST"),
            (LocalRule(origin: "http://h", paths: []), "http://h"),
            (LocalRule(origin: "http://h", paths: ["api"]), "api"),
        ])
    func malformedRule(rule: LocalRule, text: String) {
        let error = #expect(throws: RuleError.self) { try LocalPolicy([LocalRule(origin: "http://ok"), rule]) }
        #expect(error?.index == 1)
        #expect(error?.text == text)
        #expect(error?.message.contains("\"\(text)\"") == true)
    }

    @Test("S7: details fit into a quoted header parameter")
    func details() throws {
        let reasons = [
            "https://h:1/", "http://192.168.1.100:8080/no", "http://bad host/", "http://h", "http://127.0.0.1/",
            "http://10.20.0.1/a%2fb",
        ]
        for url in reasons {
            let details = try #require(denial(call(reference, url))).details
            #expect(details.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c })
        }
    }
}
