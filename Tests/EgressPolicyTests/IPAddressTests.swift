import EgressPolicy
import Testing

@Suite("IP addresses")
struct IPAddressTests {
    @Test(
        "Text is read and written in its canonical form",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("0:0:0:0:0:0:0:1", "::1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
            ("::ffff:c000:201", "::ffff:192.0.2.1"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
        ])
    func reading(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    @Test(
        "S4: text that is not strictly an address is refused",
        arguments: [
            "", ".", ":", "1", "127.1", "127.0.1", "1.2.3.4.5", "1.2.3.4.", ".1.2.3.4", "1..2.3", "01.2.3.4",
            "1.2.3.00",
            "256.1.1.1", "1.2.3.256", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4",
            "１.2.3.4", "1.2.3.4\0", ":::", "1:::2", "::1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
            "1::2:3:4:5:6:7:8", "12345::", "g::", ":1::", "1:", "::1:", "fe80::1%eth0", "fe80::1%25eth0", "[::1]",
            "::1.2.3", "::1.2.3.256", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::01.2.3.4", "::/0",
        ])
    func refusing(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("Only four and sixteen bytes make an address")
    func rawBytes() {
        #expect(IPAddress(bytes: [10, 0, 0, 1]) == IPAddress("10.0.0.1"))
        #expect(IPAddress(bytes: [UInt8](repeating: 0, count: 15) + [1]) == IPAddress("::1"))
        #expect(IPAddress(bytes: []) == nil)
        #expect(IPAddress(bytes: [1, 2, 3, 4, 5]) == nil)
    }

    @Test("A mapped address is another value than its IPv4 address until it is unmapped")
    func mapped() throws {
        let mapped = try #require(IPAddress("::ffff:10.0.0.1"))
        #expect(mapped != IPAddress("10.0.0.1"))
        #expect(mapped.unmapped == IPAddress("10.0.0.1"))
        #expect(IPAddress("::fffe:10.0.0.1")?.unmapped.isV4 == false)
    }
}
