import EgressPolicy
import Testing

@Suite("Address classes")
struct AddressClassTests {
    @Test(
        "S2: every special-purpose IPv4 range has its class, to its last address",
        arguments: [
            ("0.0.0.0", AddressClass.unspecified), ("0.255.255.255", .unspecified), ("1.0.0.0", .global),
            ("9.255.255.255", .global), ("10.0.0.0", .private), ("10.255.255.255", .private), ("11.0.0.0", .global),
            ("100.63.255.255", .global), ("100.64.0.0", .cgnat), ("100.127.255.255", .cgnat), ("100.128.0.0", .global),
            ("127.0.0.1", .loopback), ("127.255.255.255", .loopback), ("128.0.0.0", .global),
            ("169.253.255.255", .global), ("169.254.0.1", .linkLocal), ("169.254.255.255", .linkLocal),
            ("172.15.255.255", .global), ("172.16.0.0", .private), ("172.31.255.255", .private),
            ("172.32.0.0", .global),
            ("192.0.0.1", .reserved), ("192.0.1.0", .global), ("192.0.2.255", .documentation),
            ("192.88.99.1", .reserved),
            ("192.168.0.0", .private), ("192.168.255.255", .private), ("192.169.0.0", .global),
            ("198.17.255.255", .global),
            ("198.18.0.0", .reserved), ("198.19.255.255", .reserved), ("198.20.0.0", .global),
            ("198.51.100.7", .documentation), ("203.0.113.7", .documentation), ("223.255.255.255", .global),
            ("224.0.0.1", .multicast), ("239.255.255.255", .multicast), ("240.0.0.1", .reserved),
            ("255.255.255.254", .reserved), ("255.255.255.255", .broadcast), ("8.8.8.8", .global),
        ])
    func version4(text: String, expected: AddressClass) {
        #expect(IPAddress(text)?.classify() == expected)
    }

    @Test(
        "S2: every special-purpose IPv6 range has its class",
        arguments: [
            ("::", AddressClass.unspecified), ("::1", .loopback), ("fe80::1", .linkLocal), ("febf::1", .linkLocal),
            ("fec0::1", .siteLocal), ("feff::1", .siteLocal), ("fc00::1", .uniqueLocal), ("fdff::1", .uniqueLocal),
            ("ff02::1", .multicast), ("2001:db8::1", .documentation), ("3fff::1", .documentation),
            ("3fff:fff::1", .documentation), ("3fff:1000::1", .global), ("100::1", .reserved), ("2001:2::1", .reserved),
            ("2001:10::1", .reserved), ("2001:1ff::1", .reserved), ("2001:200::1", .global), ("4000::1", .reserved),
            ("5f00::1", .reserved), ("fe00::1", .reserved), ("64:ff9a::1", .reserved), ("64:ff9b:2::1", .reserved),
            ("2606:4700:4700::1111", .global), ("2a00:1450::1", .global),
        ])
    func version6(text: String, expected: AddressClass) {
        #expect(IPAddress(text)?.classify() == expected)
    }

    @Test(
        "S2: cloud metadata addresses are a class of their own, embedded ones too",
        arguments: [
            "169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.0.23", "100.100.100.200", "192.0.0.192",
            "168.63.129.16", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42",
            "fe80::a9fe:a9fe", "::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1", "::ffff:0:169.254.169.254", "64:ff9b:1::100.100.100.200",
        ])
    func metadata(text: String) {
        #expect(IPAddress(text)?.classify() == .metadata)
    }

    @Test(
        "S2: an embedded IPv4 address decides, in every embedding",
        arguments: ["::ffff:", "::", "::ffff:0:", "64:ff9b::", "64:ff9b:1::", "2001:db8:1::5efe:"])
    func embeddings(prefix: String) {
        let isPublicPrefix = !prefix.hasPrefix("2001:db8")
        let cases: [(String, AddressClass)] = [
            ("10.1.2.3", .private), ("127.0.0.1", .loopback), ("169.254.1.1", .linkLocal), ("100.64.0.1", .cgnat),
            ("224.0.0.1", .multicast), ("240.0.0.1", .reserved), ("192.168.1.1", .private),
            ("8.8.8.8", isPublicPrefix ? .global : .documentation),
        ]
        for (quad, expected) in cases {
            #expect(IPAddress(prefix + quad)?.classify() == expected, "\(prefix)\(quad)")
        }
    }

    @Test("S2: IPv4-compatible and NAT64 forms of 0.0.0.0 are unspecified")
    func embeddedUnspecified() {
        for text in ["::ffff:0.0.0.0", "64:ff9b::", "64:ff9b:1::", "2002::1", "::0.0.0.2"] {
            #expect(IPAddress(text)?.classify() == .unspecified, "\(text)")
        }
    }

    @Test("S2: local NAT64 addresses are judged in every layout their operator may have chosen")
    func localNAT64() {
        // 10.1.2.3 in the layouts of /48, /56, /64 and /96 (RFC 6052 section 2.2).
        for text in ["64:ff9b:1:a01:2:300::", "64:ff9b:1:a:1:203::", "64:ff9b:1:0:a:102:300:0", "64:ff9b:1::a01:203"] {
            #expect(IPAddress(text)?.classify() == .private, "\(text)")
        }
        #expect(IPAddress("64:ff9b:1:808:8:800::")?.classify() == .global)
    }

    @Test("S2: 6to4 has the class of its IPv4 address")
    func sixToFour() {
        #expect(IPAddress("2002:a00:1::1")?.classify() == .private)
        #expect(IPAddress("2002:7f00:1::")?.classify() == .loopback)
        #expect(IPAddress("2002:808:808::1")?.classify() == .global)
    }

    @Test("S2: Teredo has the worse class of its server and its obfuscated client")
    func teredo() {
        // Server 8.8.8.8, client 192.168.1.1 with all bits flipped.
        #expect(IPAddress("2001:0:808:808:0:0:3f57:fefe")?.classify() == .private)
        #expect(IPAddress("2001:0:808:808:0:0:80ff:fffe")?.classify() == .loopback)
        #expect(IPAddress("2001:0:a00:1:0:0:f7f7:f7f7")?.classify() == .private)
        #expect(IPAddress("2001:0:808:808:0:0:f7f7:f7f7")?.classify() == .global)
    }

    @Test("S2: ISATAP interface identifiers are judged by the address inside")
    func isatap() {
        #expect(IPAddress("2a00:1450::5efe:10.0.0.1")?.classify() == .private)
        #expect(IPAddress("2a00:1450::200:5efe:127.0.0.1")?.classify() == .loopback)
        #expect(IPAddress("fe80::5efe:8.8.8.8")?.classify() == .linkLocal)
    }

    @Test("The classes that need a rule of their own are those that reach the machine, its link or its credentials")
    func exactRules() {
        let needing = AddressClass.allCases.filter(\.needsExactRule)
        #expect(Set(needing) == [.loopback, .linkLocal, .metadata, .unspecified, .multicast, .broadcast])
    }

    @Test("Classes are ordered by danger as they are declared")
    func order() {
        #expect(AddressClass.allCases == AddressClass.allCases.sorted())
    }
}
