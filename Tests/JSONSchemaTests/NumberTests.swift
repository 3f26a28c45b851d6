import JSONSchema
import Testing
import Value

@Suite("Numbers")
struct NumberTests {
    private func number(_ text: String) throws -> JSON {
        .number(try #require(JSONNumber(text: text)))
    }

    @Test(
        "Multiples are told exactly",
        arguments: [
            ("19.99", "0.01", true), ("19.995", "0.01", false), ("0.3", "0.1", true), ("1e308", "0.123456789", false),
            ("1e308", "0.5", true), ("9007199254740993", "2", false), ("9007199254740992", "2", true),
            ("123456789012345678901234567890", "10", true), ("123456789012345678901234567891", "10", false),
            ("1e999999999", "7", false), ("1e999999999", "1024", true), ("7e999999999", "7", true),
            ("1e-999999999", "1", false), ("0", "3.7", true), ("0e5", "3", true), ("-6", "3", true), ("-7", "3", false),
            ("10.0", "2", true), ("100", "1e2", true), ("150", "1e2", false), ("1.5e2", "50", true),
            ("2469135780246913578024691357802469134", "1234567890123456789012345678901234567", true),
            ("2469135780246913578024691357802469135", "1234567890123456789012345678901234567", false),
        ])
    func multiples(value: String, divisor: String, isMultiple: Bool) throws {
        let keywords = try violated(["multipleOf": number(divisor)], number(value))
        #expect(keywords.isEmpty == isMultiple)
    }

    @Test("Multiples of small decimals agree with whole arithmetic")
    func multiplesByArithmetic() throws {
        for divisor in [1, 3, 5, 8, 25, 40, 125] {
            let schema = try Schema(["multipleOf": number("\(divisor)e-2")])
            for value in -300...300 {
                #expect(schema.isValid(try number("\(value)e-2")) == value.isMultiple(of: divisor))
            }
        }
    }

    @Test(
        "Divisors that are not above zero, or too long, are faults",
        arguments: ["0", "-1", "0.0", "1\(String(repeating: "1", count: 40))"])
    func divisors(text: String) throws {
        #expect(try faults(["multipleOf": number(text)]).count == 1)
    }

    @Test(
        "Bounds are exact beyond the precision of floating point",
        arguments: [
            ("9007199254740993", "9007199254740992", false), ("9007199254740992", "9007199254740992", true),
            ("1e400", "1e399", false), ("0.1", "0.10000000000000000001", true),
            ("0.10000000000000000001", "0.1", false), ("-1e-400", "0", true), ("1.50", "1.5", true),
            ("100000000000000000.1", "100000000000000000", false), ("-2", "-1.5", true), ("-1", "-1.5", false),
        ])
    func maxima(value: String, maximum: String, isValid: Bool) throws {
        #expect(try violated(["maximum": number(maximum)], number(value)).isEmpty == isValid)
    }

    @Test("A number without a fraction is an integer, however it is written")
    func integers() throws {
        for text in ["1", "1.0", "10e-1", "1e400", "-0.0", "123456789012345678901234567890"] {
            #expect(try violated(["type": "integer"], number(text)) == [])
        }
        for text in ["1.5", "1e-1", "0.00000000000000000001"] {
            #expect(try violated(["type": "integer"], number(text)) == ["type"])
        }
    }
}
