import Testing
import Value

@Suite("JSON parser")
struct JSONParserTests {
    @Test("Every kind of value is read")
    func kinds() throws {
        let value = try JSON.parse(#" {"a":[1,-2.5e+3,true,false,null,"x"],"b":{}, "c" : [ ] } "#)
        #expect(value == ["a": [1, -2500, true, false, nil, "x"], "b": [:], "c": []])
        #expect(value.object?.keys == ["a", "b", "c"])
        #expect(value["a"]?[5]?.string == "x")
        #expect(value["a"]?[6] == nil)
        #expect(value["z"] == nil)
    }

    @Test(
        "Scalars stand alone as documents",
        arguments: [("0", JSON.number(JSONNumber(0))), ("\"\"", ""), ("true", true), ("null", nil), ("-0", 0)])
    func scalars(text: String, value: JSON) throws {
        #expect(try JSON.parse(text) == value)
    }

    @Test("Escapes are decoded, surrogate pairs included")
    func escapes() throws {
        let value = try JSON.parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00\u0000""#)
        #expect(value.string == "\"\\/\u{8}\u{c}\n\r\tAé€😀\0")
    }

    @Test("A string may have any length and a stop at any offset of a word")
    func stops() throws {
        for length in 0..<40 {
            let plain = String(repeating: "é", count: length / 2) + String(repeating: "x", count: length % 2)
            #expect(try JSON.parse("\"\(plain)\"").string == plain)
            #expect(try JSON.parse("\"\(plain)\\n\(plain)\"").string == "\(plain)\n\(plain)")
            #expect(throws: JSONParseError.self) { try JSON.parse("\"\(plain)\u{1F}\(plain)\"") }
            #expect(throws: JSONParseError.self) { try JSON.parse("\"\(plain)") }
        }
    }

    @Test(
        "What RFC 8259 does not allow is refused",
        arguments: [
            "", " ", "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
            "{a:1}",
            "{'a':1}", "{\"a\":1 \"b\":2}", "{1:2}", "{null:1}", "01", "-01", "1.", ".5", "+1", "-", "1e", "1e+",
            "0x1F", "1_0",
            "NaN", "Infinity", "-Infinity", "tru", "truE", "nul", "True", "nullx", "1 2", "[] []", "\"a", "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12G4\"", "\"\\", "\"\\u", "\"a\nb\"", "\"a\tb\"", "\"\0\"", "[1]]", "// x\n1", "/* */1", "\u{FEFF}1",
            "1\0",
            "\u{A0}1", "[\u{B}1]", "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83dx\"", "\"\\ud83d\\n\"", "\"\\ud83d\\ud83d\"",
            "\"\\u00é\"",
        ])
    func refusals(text: String) {
        #expect(throws: JSONParseError.self) { try JSON.parse(text) }
        #expect(throws: JSONParseError.self) { try JSON.parseDocument(text) }
    }

    @Test(
        "Bytes that are not UTF-8 are refused where they stand",
        arguments: [
            [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xC3],
            [0xF0, 0x9F],
            [0xC3, 0x28],
        ] as [[UInt8]])
    func encoding(bytes: [UInt8]) throws {
        for prefix in ["", "é", "\\n"] {
            let text = Array("[\"\(prefix)".utf8) + bytes + Array("\"]".utf8)
            let error = try #require(throws: JSONParseError.self) { try JSON.parse(text) }
            #expect(error.code == .encoding)
        }
        let key = Array("{\"é".utf8) + bytes + Array("\":1}".utf8)
        let error = try #require(throws: JSONParseError.self) { try JSON.parse(key) }
        #expect(error.position == Position(line: 1, column: 4))
        #expect(error.byteOffset == 4)
    }

    @Test("An error names line, column in scalars, and byte offset")
    func place() throws {
        let error = try #require(throws: JSONParseError.self) { try JSON.parse("{\n  \"é😀\": 01\n}") }
        #expect(error.position == Position(line: 2, column: 9))
        #expect(error.byteOffset == 14)
        #expect(error.code == .syntax)
        #expect(error.description.hasPrefix("line 2, column 9: "))
        let crlf = try #require(throws: JSONParseError.self) { try JSON.parse("[\r\n1,\r x]") }
        #expect(crlf.position == Position(line: 3, column: 2))
    }

    @Test("A trailing comma is named as such")
    func trailingComma() throws {
        let error = try #require(throws: JSONParseError.self) { try JSON.parse("[1,\n 2, ]") }
        #expect(error.position == Position(line: 2, column: 3))
        #expect(error.message.contains("comma"))
    }

    @Test("A key that stands twice is refused with both places", arguments: [0, 3, 7, 8, 9, 40])
    func duplicates(others: Int) throws {
        let members = (0..<others).map { "\"k\($0)\": \($0), " }.joined()
        let text = "{\"a\": 1, \(members)\n \"\\u0061\": 2}"
        let error = try #require(throws: JSONParseError.self) { try JSON.parse(text) }
        #expect(error.code == .duplicateKey)
        #expect(error.position == Position(line: 2, column: 2))
        #expect(error.message.contains("\"a\""))
        #expect(error.message.contains("line 1, column 2"))
    }

    @Test("Keys that only look alike are different keys")
    func lookalikes() throws {
        let value = try JSON.parse("{\"\u{E9}\": 1, \"e\u{301}\": 2}")
        #expect(value["\u{E9}"] == 1)
        #expect(value["e\u{301}"] == 2)
        #expect(JSON.string("\u{E9}") != JSON.string("e\u{301}"))
    }

    @Test("S10: depth is bounded, at the limit and just beyond it")
    func depth() throws {
        let open = String(repeating: "[", count: 128)
        let close = String(repeating: "]", count: 128)
        _ = try JSON.parse(open + close)
        let error = try #require(throws: JSONParseError.self) { try JSON.parse("[" + open + close + "]") }
        #expect(error.code == .limit)
        #expect(error.byteOffset == 128)
        let bomb = String(repeating: "{\"a\":", count: 1_000_000)
        #expect(throws: JSONParseError.self) { try JSON.parse(bomb) }
    }

    @Test("S10: bytes, values, strings and numbers are bounded")
    func limits() throws {
        var limits = JSONLimits(bytes: 40, nodes: 4, stringBytes: 5, numberBytes: 6)
        _ = try JSON.parse(#"[1,2,3]"#, limits: limits)
        for text in [
            #"[1,2,3,4]"#, #"["123456"]"#, #"["12\n456"]"#, #"{"123456":1}"#, "1234567",
            "[\(String(repeating: " ", count: 40))]",
        ] {
            let error = try #require(throws: JSONParseError.self) { try JSON.parse(text, limits: limits) }
            #expect(error.code == .limit)
        }
        limits.nodes = 1
        #expect(throws: JSONParseError.self) { try JSON.parse("[1]", limits: limits) }
    }

    @Test("Any collection of bytes will do, contiguous or not")
    func collections() throws {
        let text = #"{"a": [1, 2]}"#
        #expect(try JSON.parse(Array(text.utf8).lazy.map { $0 }) == ["a": [1, 2]])
        #expect(try JSON.parse(Array("xx\(text)".utf8)[2...]) == ["a": [1, 2]])
    }

    @Test("Every prefix of a document is refused and none crashes")
    func prefixes() {
        let bytes = Array(#"{"a":[1.5e3,"\ud83d\ude00é",true,null],"b":{"c":""}}"#.utf8)
        for length in 0..<bytes.count {
            #expect(throws: JSONParseError.self) { try JSON.parse(bytes.prefix(length)) }
        }
    }

    @Test("Changed bytes either parse or fail, and what parses can be written and read again")
    func mutations() throws {
        let bytes = Array(#"{"a":[1.5e3,"\ud83d\ude00é",true,null],"b":{"c":"x"},"d":-0.1}"#.utf8)
        for index in bytes.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = bytes
                changed[index] = byte
                guard let value = try? JSON.parse(changed) else { continue }
                #expect(try JSON.parse(value.bytes()) == value)
            }
        }
    }

    @Test("Escaped surrogate pairs cost what other escapes cost", .timeLimit(.minutes(10)))
    func pairsAreLinear() throws {
        // Were a fault made for each, these would take hours.
        let count = 200_000
        let text = "[\"" + String(repeating: #"\ud83d\ude00"#, count: count) + "\"]"
        #expect(try JSON.parse(text)[0]?.string?.unicodeScalars.count == count)
    }

    @Test("Leniently read, half of a surrogate pair is U+FFFD, the last of repeated keys counts, and a mark is skipped")
    func lenient() throws {
        func read(_ text: String) throws -> JSON { try JSON.parse(text, limits: .lenient) }
        #expect(try read(#""a\ud83db""#) == "a\u{FFFD}b")
        #expect(try read(#""\ude00""#) == "\u{FFFD}")
        #expect(try read(#""\ud83d\ud83d\ude00""#) == "\u{FFFD}😀")
        #expect(try read(#""\ud83d\n""#) == "\u{FFFD}\n")
        #expect(try read("\u{FEFF} {\"a\":1,\"b\":2,\"a\":3}") == ["a": 3, "b": 2])
        #expect(throws: JSONParseError.self) { try read(#""\ud83d\u12""#) }
        #expect(throws: JSONParseError.self) { try read("\u{FEFF}") }
    }

    @Test("Keys that are canonically equivalent do not share their hash: an object of many is read in linear time")
    func equivalentKeys() throws {
        #expect(JSON.string("\u{E9}").hashValue != JSON.string("e\u{301}").hashValue)
        let keys = (0..<1 << 14).map { index in
            (0..<14).map { index >> $0 & 1 == 0 ? "\u{E9}" : "e\u{301}" }.joined()
        }
        let text = "{" + keys.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
        #expect(try JSON.parse(text).object?.count == 1 << 14)
    }
}
