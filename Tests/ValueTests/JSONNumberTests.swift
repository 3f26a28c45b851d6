import Testing
import Value

@Suite("JSON numbers")
struct JSONNumberTests {
    private func number(_ text: String) throws -> JSONNumber {
        try #require(JSONNumber(text: text))
    }

    @Test(
        "Equal numbers are equal however they are written, and hash alike",
        arguments: [
            ("1", "1.0"), ("1", "1e0"), ("1", "10e-1"), ("1", "0.1e1"), ("0", "-0"), ("0", "0e999999999"),
            ("100", "1e2"),
            ("-1.50", "-15e-1"), ("1E5", "100000"), ("1e000000000000001", "10"), ("0.00", "0"),
            ("1e999999999", "10e999999998"), ("9223372036854775808", "9223372036854775808.0"),
        ])
    func equal(left: String, right: String) throws {
        #expect(try number(left) == number(right))
        #expect(try number(left).hashValue == number(right).hashValue)
        #expect(try !(number(left) < number(right)))
        #expect(try JSON.number(number(left)) == .number(number(right)))
    }

    @Test(
        "Order is exact",
        arguments: [
            ("1", "2"), ("-1", "0"), ("-2", "-1"), ("0.1", "0.11"), ("9007199254740992", "9007199254740993"),
            ("-1e9", "1e-9"),
            ("9.99", "10"), ("1e-999999999", "1e999999999"), ("-0.11", "-0.1"), ("0", "1e-5"),
        ])
    func order(small: String, large: String) throws {
        #expect(try number(small) < number(large))
        #expect(try !(number(large) < number(small)))
        #expect(try number(small) != number(large))
    }

    @Test("The text stays as written")
    func text() throws {
        #expect(try JSON.parse("[1.50,1E+2,-0]").text() == "[1.50,1E+2,-0]")
        #expect(try JSON.parse("123456789012345678901234567890.10").text() == "123456789012345678901234567890.10")
    }

    @Test(
        "Whole numbers that fit are integers",
        arguments: [
            ("0", 0), ("-0", 0), ("42", 42), ("42.0", 42), ("4.2e1", 42), ("-7", -7), ("9223372036854775807", Int.max),
            ("-9223372036854775808", Int.min), ("-9.223372036854775808e18", Int.min),
            ("1e18", 1_000_000_000_000_000_000),
            ("0e5", 0),
        ])
    func integers(text: String, value: Int) throws {
        #expect(try number(text).int == value)
        #expect(try number(text).isInteger)
    }

    @Test(
        "Other numbers are not",
        arguments: [
            "1.5", "1e-1", "9223372036854775808", "-9223372036854775809", "1e19", "1e999999999", "12345678901234567890",
        ])
    func noIntegers(text: String) throws {
        #expect(try number(text).int == nil)
    }

    @Test("Doubles come and go exactly")
    func doubles() throws {
        for value: Double in [
            0, 1, -1.5, 0.1, 1e300, .leastNonzeroMagnitude, -.greatestFiniteMagnitude, 1e21, 123456789.125,
        ] {
            #expect(JSONNumber(value).double == value)
            #expect(JSONNumber(text: JSONNumber(value).text) != nil)
        }
        #expect(JSONNumber(2.0).text == "2")
        #expect(JSONNumber(text: JSONNumber(Double.infinity).text) != nil)
        #expect(JSONNumber(text: JSONNumber(-Double.infinity).text) != nil)
        #expect(JSONNumber(Double.nan).text == "0")
        #expect(try number("1e400").double == .infinity)
    }

    @Test(
        "Text that is no JSON number makes none",
        arguments: ["", "-", "+1", "01", "1.", ".1", "1e", "0x1", "1 ", " 1", "1e1234567890", "١", "NaN", "1,0"])
    func refusals(text: String) {
        #expect(JSONNumber(text: text) == nil)
    }

    @Test("Huge exponents cost nothing")
    func exponents() throws {
        #expect(try number("1e999999999") != number("1e-999999999"))
        #expect(try number("1e999999999").isInteger)
        #expect(throws: JSONParseError.self) { try JSON.parse("1e99999999999999999999") }
    }
}
