import EgressPolicy
import Testing

@testable import Dialling

@Suite struct ServerIdentityTests {
    @Test(
        "A name matches DNS names, and a wildcard is the whole left-most label",
        arguments: [
            ("crm.corp.example", "crm.corp.example", true),
            ("crm.corp.example", "CRM.Corp.Example.", true),
            ("crm.corp.example", "*.corp.example", true),
            ("my_host.corp.example", "*.corp.example", true),
            ("xn--bcher-kva.corp.example", "*.corp.example", true),
            ("crm.corp.example", "corp.example", false),
            ("a.crm.corp.example", "*.corp.example", false),
            ("corp.example", "*.corp.example", false),
            ("crm.corp.example", "c*.corp.example", false),
            ("crm.corp.example", "*m.corp.example", false),
            ("crm.corp.example", "crm.*.example", false),
            ("crm.corp.example", "*.*.example", false),
            ("crm.corp.example", "*", false),
            ("crm.corp.example", "", false),
            ("crm.corp.example", ".", false),
            ("example", "*", false),
            ("corp.example", "*.example", false),
            ("crm.corp.example", "crm.corp.example\0.evil.example", false),
            ("crm.corp.example", "crm.corp.example\0", false),
        ])
    func names(_ host: String, _ pattern: String, _ isMatch: Bool) {
        #expect(ServerIdentity(.name(host)).matches(dnsName: Array(pattern.utf8)) == isMatch)
    }

    @Test("An address matches IP addresses only, whatever a DNS name looks like")
    func addresses() throws {
        let v4 = ServerIdentity(.address(.v4(0x7f00_0001)))
        #expect(v4.matches(address: [127, 0, 0, 1]))
        #expect(!v4.matches(address: [127, 0, 0, 2]))
        #expect(!v4.matches(address: [127, 0, 0]))
        #expect(!v4.matches(address: []))
        #expect(!v4.matches(dnsName: Array("127.0.0.1".utf8)))
        #expect(!v4.matches(dnsName: Array("*.0.0.1".utf8)))
        let v6 = ServerIdentity(.address(try #require(IPAddress("::1"))))
        #expect(v6.matches(address: Array(repeating: 0, count: 15) + [1]))
        #expect(!v6.matches(address: [0, 0, 0, 1]))
        #expect(!ServerIdentity(.name("localhost")).matches(address: [127, 0, 0, 1]))
    }

    @Test("SNI says a name, and nothing for an address")
    func serverName() {
        #expect(ServerIdentity(.name("crm.corp.example")).serverName == "crm.corp.example")
        #expect(ServerIdentity(.address(.v4(0x7f00_0001))).serverName == nil)
    }
}
