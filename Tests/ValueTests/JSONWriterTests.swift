import Testing
import Value

@Suite("JSON writer")
struct JSONWriterTests {
    @Test("Compact text has no spaces")
    func compact() {
        let value: JSON = ["a": [1, 2.5, true, nil], "b": [:], "c": []]
        #expect(value.text() == #"{"a":[1,2.5,true,null],"b":{},"c":[]}"#)
    }

    @Test("Pretty text has a line for each member")
    func pretty() {
        let value: JSON = ["a": [1, ["x": nil]], "b": [:], "c": []]
        let expected = """
            {
              "a": [
                1,
                {
                  "x": null
                }
              ],
              "b": {},
              "c": []
            }
            """
        #expect(value.text(pretty: true) == expected)
    }

    @Test("Quotes, backslashes and control characters are escaped, the rest is not")
    func escapes() throws {
        #expect(
            JSON.string("\"\\/\u{8}\u{9}\n\u{c}\r\u{0}\u{1f}\u{7f}é😀\u{2028}").text()
                == #""\"\\/\b\t\n\f\r\u0000\u001f"# + "\u{7f}é😀\u{2028}\"")
        for value in 0..<0x300 {
            let text = String(Unicode.Scalar(UInt8(value & 0xFF))) + "x" + String(value)
            #expect(try JSON.parse(JSON.string(text).bytes()).string == text)
        }
        #expect(JSON.object(["a\n": 1]).text() == #"{"a\n":1}"#)
    }

    @Test("Writing appends")
    func appends() {
        var output: [UInt8] = [0x5B]
        JSON.string("x").write(into: &output)
        #expect(output == Array("[\"x\"".utf8))
    }
}
