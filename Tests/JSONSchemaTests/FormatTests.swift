import JSONSchema
import Testing
import Value

@Suite("Formats")
struct FormatTests {
    @Test(
        "Right ones pass",
        arguments: [
            ("date-time", "2026-02-28T23:59:60Z"), ("date-time", "2024-02-29t12:00:00.123+01:30"),
            ("date", "2000-02-29"),
            ("time", "00:29:60+00:30"), ("duration", "P1Y2M3DT4H5M6S"), ("duration", "P2W"), ("duration", "PT1H"),
            ("email", "a.b+c@example.com"), ("email", "\"a b\"@[127.0.0.1]"), ("email", "a@[IPv6:::1]"),
            ("hostname", "a-1.example"), ("ipv4", "192.0.2.1"), ("ipv6", "::ffff:192.0.2.1"), ("ipv6", "1::"),
            ("uri", "urn:isbn:1"), ("uri", "https://u@[v1.a]:8/p?q#f"), ("uri-reference", "../a%20b"),
            ("uuid", "0190B5A2-7c1e-7f3a-9d2b-4f6c8e1a2b00"), ("json-pointer", "/a~1b/0"), ("regex", "^a$"),
        ])
    func right(format: String, value: String) throws {
        #expect(try violated(["format": .string(format)], .string(value)) == [])
    }

    @Test(
        "Wrong ones do not",
        arguments: [
            ("date-time", "2026-02-28 23:59:00Z"), ("date-time", "2026-02-28T22:59:60Z"), ("date", "1900-02-29"),
            ("date", "2026-13-01"), ("time", "24:00:00Z"), ("time", "12:00:00"), ("duration", "P1Y1W"),
            ("duration", "PT"),
            ("duration", "P"), ("duration", "P1H"), ("duration", "P1Y2D"), ("email", "a@b@"),
            ("email", ".a@example.com"),
            ("hostname", "-a"), ("hostname", "a..b"), ("hostname", ""), ("ipv4", "01.2.3.4"), ("ipv4", "1.2.3.4.5"),
            ("ipv6", "1:2:3:4:5:6:7:8:9"), ("ipv6", "::1::"), ("ipv6", "fe80::1%eth0"), ("ipv6", ":1"), ("uri", "/a"),
            ("uri", "http://[::1"), ("uri-reference", "a b"), ("uri-reference", "%zz"),
            ("uuid", "0190b5a27c1e7f3a9d2b4f6c8e1a2b00"),
            ("json-pointer", "a"), ("json-pointer", "/~2"), ("regex", "("),
        ])
    func wrong(format: String, value: String) throws {
        #expect(try violated(["format": .string(format)], .string(value)) == ["format"])
        #expect(
            try violated(["format": .string(format)], .string(value), options: Schema.Options(assertsFormat: false))
                == [])
    }

    @Test("Formats that are not known pass everything")
    func unknown() throws {
        #expect(try violated(["format": "colour"], "any") == [])
    }
}
