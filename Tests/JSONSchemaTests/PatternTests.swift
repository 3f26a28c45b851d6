import JSONSchema
import Testing
import Value

@Suite("Patterns")
struct PatternTests {
    @Test(
        "Patterns mean what they mean in ECMAScript",
        arguments: [
            ("^a.c$", "a\u{2028}c", false), ("^a$", "a\n", false), ("^[\\S]$", "\u{A0}", false), ("^[\\S]$", "é", true),
            ("^[^]$", "\n", true), ("[]", "a", false), ("^\\u{1F600}$", "😀", true), ("^\\uD83D\\uDE00$", "😀", true),
            ("^[[]$", "[", true), ("^\\v$", "\u{B}", true), ("^(?<year>\\d{4})-\\k<year>$", "2026-2026", true),
            ("^(a)\\1$", "aa", true), ("(?<=a)b", "ab", true), ("(?<!a)b", "ab", false), ("^\\/$", "/", true),
            ("^\\p{Script=Greek}$", "α", true), ("^\\p{Uppercase_Letter}$", "A", true), ("\\bx\\b", "a x", true),
            ("^[\\b]$", "\u{8}", true), ("^\\0$", "\0", true), ("^\\cA$", "\u{1}", true), ("", "", true),
            ("^a{2,3}$", "aa", true), ("^\\-$", "-", true),
        ])
    func ecmaScript(pattern: String, value: String, isFound: Bool) throws {
        #expect(try violated(["pattern": .string(pattern)], .string(value)).isEmpty == isFound)
    }

    @Test(
        "What ECMAScript does not know is a fault, with engine verbs and recursion among it",
        arguments: [
            "(", "[a", "a**", "(*LIMIT_MATCH=9)a", "(*UCP)a", "(?R)", "(?1)", "(?C1)a", "(?{x})", "(?>a)", "a++", "a*+",
            "a{1}+", "(?#x)", "(?(1)a|b)", "\\Qa\\E", "\\K", "\\R", "\\X", "\\C", "\\N", "\\G", "\\u{110000}", "\\x1",
            "\\c1", "\\p{Nonsense}", "\\p{", "\\", "(?i*)", "(?P<n>a)",
        ])
    func refusals(pattern: String) {
        #expect(
            faults(["pattern": .string(pattern)]) == [
                "/pattern: the pattern is not a regular expression that is understood"
            ])
    }

    @Test("Flags and anchors of other engines pass in patterns, though not in the format regex")
    func lenience() throws {
        #expect(try violated(["pattern": "(?i)^abc$"], "ABC") == [])
        #expect(try violated(["pattern": "\\Aabc\\Z"], "abc") == [])
        #expect(try violated(["format": "regex"], "\\Aabc\\Z") == ["format"])
        #expect(try violated(["format": "regex"], "(?i)a") == ["format"])
    }

    @Test("Catastrophic patterns end at their limit, and the value does not pass")
    func catastrophe() throws {
        let value = JSON.string(String(repeating: "a", count: 5000) + "!")
        for pattern in ["^(a+)+$", "^(a|aa)+$"] {
            #expect(try violated(["pattern": .string(pattern)], value) == ["limit"])
            #expect(try violated(["not": ["pattern": .string(pattern)]], value) == ["limit"])
        }
    }

    @Test("Many matches that are each within their steps end at the limit of work")
    func repetition() throws {
        // About four thousand steps each.
        let value = JSON.array(Array(repeating: .string(String(repeating: "a", count: 10) + "!"), count: 1000))
        let options = Schema.Options(limits: Schema.Limits(work: 1_000_000))
        let schema: JSON = ["items": ["not": ["pattern": "^(a+)+$"]]]
        #expect(try violated(schema, value, options: options) == ["limit"])
    }

    @Test("Patterns of many nested groups and of great length are refused")
    func size() {
        let nested = String(repeating: "(", count: 5000) + String(repeating: ")", count: 5000)
        #expect(!faults(["pattern": .string(nested)]).isEmpty)
        #expect(!faults(["pattern": .string(String(repeating: "a", count: 10_000))]).isEmpty)
        #expect(!faults(["pattern": "((((a{999}){999}){999}){999})"]).isEmpty)
    }
}
