import EgressPolicy
import Testing

@Suite("Hosts")
struct HostTests {
    private func code(_ text: String) -> HostError.Code? {
        do throws(HostError) {
            _ = try Host(text)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(
        "Names and addresses are read once and written one way",
        arguments: [
            ("example.com", "example.com"), ("EXAMPLE.Com", "example.com"), ("localhost", "localhost"),
            ("my_host.corp", "my_host.corp"), ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("a-b.c--d.e1", "a-b.c--d.e1"), ("1.2.3.4.example", "1.2.3.4.example"), ("3com", "3com"),
            ("192.0.2.1", "192.0.2.1"), ("[::1]", "[::1]"), ("[2001:DB8:0::1]", "[2001:db8::1]"),
            ("[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]"), ("0xyz.example", "0xyz.example"),
        ])
    func accepted(text: String, expected: String) throws {
        #expect(try Host(text).description == expected)
    }

    @Test("S4: mixed case is one host")
    func mixedCase() throws {
        #expect(try Host("CrM.Corp.Example") == .name("crm.corp.example"))
    }

    @Test(
        "S4: decimal, octal, hexadecimal and short IPv4 forms are refused",
        arguments: [
            "2130706433", "017700000001", "0x7f000001", "0X7F000001", "127.1", "127.0.1", "0177.0.0.1", "0x7f.0.0.1",
            "127.0.0.0x1", "127.0.0.01", "1.2.3.4.5", "256.1.1.1", "0", "0x", "example.1", "example.0x1", "1.2.3.0xg",
            "192.0.2.1.2130706433", "00.0.0.0", "999",
        ])
    func numericForms(text: String) {
        #expect(code(text) == .numericForm)
    }

    @Test(
        "S4: every other spelling that parsers disagree on is refused",
        arguments: [
            ("example.com.", HostError.Code.trailingDot), ("127.0.0.1.", .trailingDot), (".", .emptyLabel),
            ("user@example.com", .userInfo), ("user:pw@example.com", .colon), ("example.com\\@evil", .backslash),
            ("exa%6dple.com", .percentEncoded), ("example.com%00", .percentEncoded), ("example.com\0", .controlOrSpace),
            ("exam ple.com", .controlOrSpace), ("example.com\r\n", .controlOrSpace), ("bücher.example", .nonASCII),
            ("exampleﬀ.com", .nonASCII), ("ⓔxample.com", .nonASCII), ("１２７.0.0.1", .nonASCII),
            ("example。com", .nonASCII), ("", .empty), (".example.com", .emptyLabel), ("a..b", .emptyLabel),
            ("-a.example", .hyphen), ("a-.example", .hyphen), ("a.-", .hyphen), ("::1", .colon), ("[::1", .badIPv6),
            ("[]", .badIPv6), ("[127.0.0.1]", .badIPv6), ("[fe80::1%25eth0]", .zone), ("[fe80::1%eth0]", .zone),
            ("[::1]x", .badIPv6), ("[v1.x]", .badIPv6), ("a/b", .badCharacter), ("a?b", .badCharacter),
            ("a#b", .badCharacter), ("*.example.com", .badCharacter), ("a,b", .badCharacter), ("a]b", .badCharacter),
        ])
    func refused(text: String, expected: HostError.Code) {
        #expect(code(text) == expected)
    }

    @Test("S4: labels end at 63 bytes and names at 253")
    func lengths() {
        let label = String(repeating: "a", count: 63)
        #expect(code(label + ".example") == nil)
        #expect(code(label + "a.example") == .labelTooLong)
        #expect(code("example." + label + "a") == .labelTooLong)
        let name = [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
        #expect(name.utf8.count == 253)
        #expect(code(name) == nil)
        #expect(code(name + "b") == .tooLong)
    }

    @Test("Every refusal has a sentence of its own")
    func sentences() {
        let texts = ["", "a.", "a..b", "-", "@", "\\", "%", "é", " ", ":", "/", "1", "[]", "[%]"]
        let sentences = texts.compactMap { text -> String? in
            do throws(HostError) {
                _ = try Host(text)
                return nil
            } catch {
                return error.description
            }
        }
        #expect(Set(sentences).count == texts.count)
        #expect(sentences.allSatisfy { $0.hasSuffix(".") })
    }
}
