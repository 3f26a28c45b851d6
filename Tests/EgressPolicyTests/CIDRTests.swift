import EgressPolicy
import Testing

@Suite("Address ranges")
struct CIDRTests {
    private func contains(_ range: String, _ address: String) throws -> Bool {
        try CIDR(range).contains(#require(IPAddress(address)))
    }

    @Test("A range holds its first and last address and no neighbour")
    func boundaries() throws {
        #expect(try contains("10.20.0.0/16", "10.20.0.0"))
        #expect(try contains("10.20.0.0/16", "10.20.255.255"))
        #expect(try !contains("10.20.0.0/16", "10.19.255.255"))
        #expect(try !contains("10.20.0.0/16", "10.21.0.0"))
        #expect(try contains("0.0.0.0/0", "255.255.255.255"))
        #expect(try contains("192.0.2.1/32", "192.0.2.1"))
        #expect(try !contains("192.0.2.1", "192.0.2.2"))
        #expect(try contains("fd00::/8", "fdff:ffff::1"))
        #expect(try !contains("fd00::/8", "fe00::"))
        #expect(try contains("::/0", "2001:db8::1"))
        #expect(try contains("2001:db8::1", "2001:db8::1"))
    }

    @Test("S2: a mapped address is in the IPv4 range, and no other embedding is")
    func embedded() throws {
        #expect(try contains("10.0.0.0/8", "::ffff:10.1.2.3"))
        #expect(try contains("::ffff:10.0.0.0/104", "10.1.2.3"))
        #expect(try !contains("10.0.0.0/8", "64:ff9b::10.1.2.3"))
        #expect(try !contains("10.0.0.0/8", "::10.1.2.3"))
        #expect(try !contains("::/0", "10.1.2.3"))
        #expect(try !contains("0.0.0.0/0", "2001:db8::1"))
    }

    @Test(
        "Malformed ranges are refused by name",
        arguments: [
            "", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0/8", "fd00::/129",
            "/8", "host/8", "10.0.0.0/ 8", "10.0.0.0/99999999999999999999",
        ])
    func malformed(text: String) {
        let error = #expect(throws: RuleError.self) { try CIDR(text) }
        #expect(error?.text == text)
        #expect(error?.message.contains("\"\(text)\"") == true)
    }

    @Test("Bits below the prefix are refused, and the range that was meant is shown")
    func hostBits() {
        let error = #expect(throws: RuleError.self) { try CIDR("10.20.1.0/16") }
        #expect(error?.message == "\"10.20.1.0/16\" has bits set below its prefix: the range is written 10.20.0.0/16.")
    }
}
