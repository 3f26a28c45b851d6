import NIOCore
import TestSupport
import Testing

@testable import Redaction

@Suite("Scrubbing")
struct ScrubberTests {
    static let secrets = [
        "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "p@ss w/rd+\"100%\"\\x<&'>=", "Ängström😀/ü", "abcd", "aaaaaaaa",
        "key%41\\u0041\n/",
    ]

    private func scrub(_ text: String, _ secret: String, chunk: Int = .max) -> String {
        var stream = Scrubber(secrets: [Array(secret.utf8)]).stream()
        var output = ByteBuffer()
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            output.writeImmutableBuffer(stream.scrub(ByteBuffer(bytes: rest.prefix(chunk))))
            rest = rest.dropFirst(chunk)
        }
        output.writeImmutableBuffer(stream.finish())
        return String(buffer: output)
    }

    /// Every form of `secret` that is to be found, by name.
    private func forms(_ secret: String) -> [(String, String)] {
        let bytes = Array(secret.utf8)
        var forms = [
            ("raw", secret), ("hex", Encodings.hex(bytes)), ("HEX", Encodings.hex(bytes, uppercase: true)),
            ("percent", Encodings.percent(bytes)), ("percent, lower", Encodings.percent(bytes, uppercase: false)),
            ("encodeURIComponent", Encodings.percent(bytes, keeping: "!*'()")),
            ("encodeURI", Encodings.percent(bytes, keeping: "!*'();/?:@&=+$,#")),
            ("form", Encodings.percent(bytes, keeping: "*", plus: true)),
            ("form, lower", Encodings.percent(bytes, uppercase: false, plus: true)),
            ("JSON", Encodings.json(secret)), ("JSON, PHP", Encodings.json(secret, slashes: true)),
            ("JSON, Go", Encodings.json(secret, escaped: "<>&")),
            ("JSON, .NET", Encodings.json(secret, escaped: "<>&'+\"", uppercase: true)),
            ("JSON, Gson", Encodings.json(secret, escaped: "<>&'=")),
            ("JSON of base64, PHP", Encodings.json(Encodings.base64(bytes), slashes: true)),
            ("JSON of base64, .NET", Encodings.json(Encodings.base64(bytes), escaped: "+", uppercase: true)),
            ("percent of base64", Encodings.percent(Array(Encodings.base64(bytes).utf8))),
        ]
        for url in [false, true] {
            for padded in [false, true] {
                forms.append(("base64", Encodings.base64(bytes, url: url, padded: padded)))
            }
        }
        return forms
    }

    @Test("C5: every form of a secret is replaced, in chunks of any size", arguments: secrets, [1, 2, 3, 5, 1000])
    func allForms(secret: String, chunk: Int) {
        for (name, form) in forms(secret) {
            let text = #"{"echo": ""# + form + #"", "n": 1}"#
            #expect(scrub(text, secret, chunk: chunk) == #"{"echo": "[redacted]", "n": 1}"#, "\(name)")
        }
    }

    @Test("C5: a secret inside longer base64 is found at each of the three offsets", arguments: secrets, [1, 1000])
    func base64Offsets(secret: String, chunk: Int) throws {
        for before in ["", "u", "us", "user:", "a longer beginning: "] {
            for after in ["", "x", "xy", "xyz and so on"] {
                for url in [false, true] {
                    let bytes = Array((before + secret + after).utf8)
                    let text = Encodings.base64(bytes, url: url)
                    let output = scrub(text, secret, chunk: chunk)
                    #expect(output.contains("[redacted]"), "\(before) \(after)")
                    // At most one digit at each end holds bits of it: four bits, or two.
                    let kept = output.replacing("[redacted]", with: "")
                    let digits = (before.utf8.count * 8 + 5) / 6 + (after.utf8.count * 8 + 5) / 6 + 2
                    #expect(kept.filter { $0 != "=" }.count <= digits, "\(before) \(after) \(output)")
                }
            }
        }
    }

    /// The forms that only careless servers make, by name.
    private func rareForms(_ secret: String) -> [(String, String)] {
        let bytes = Array(secret.utf8)
        let pairs = bytes.map { Encodings.hex([$0]) }
        let scalars = secret.unicodeScalars
        var forms: [(String, String)] = []
        forms.append(("\\xNN", pairs.map { "\\x" + $0 }.joined()))
        forms.append(("octal", bytes.map { "\\" + String($0, radix: 8) }.joined()))
        forms.append(("upper case", secret.uppercased()))
        forms.append(("lower case", secret.lowercased()))
        forms.append(("base32", Encodings.base32(bytes)))
        forms.append(("base32, lower", Encodings.base32(bytes).lowercased()))
        forms.append(("base32hex", Encodings.base32(bytes, hex: true)))
        forms.append(("base32, unpadded", Encodings.base32(bytes).filter { $0 != "=" }))
        forms.append(("hex with colons", pairs.joined(separator: ":")))
        forms.append(("hex with spaces", pairs.joined(separator: " ")))
        forms.append(("HEX with hyphens", pairs.joined(separator: "-").uppercased()))
        forms.append(("quoted-printable", pairs.map { "=" + $0.uppercased() }.joined()))
        forms.append(("quoted-printable, wrapped", String(secret.prefix(5)) + "=\r\n" + String(secret.dropFirst(5))))
        forms.append(("references", scalars.map { "&#\($0.value);" }.joined()))
        forms.append(("references, hex", scalars.map { "&#x" + String($0.value, radix: 16) + ";" }.joined()))
        forms.append(("MIME base64", Encodings.wrapped(Encodings.base64(bytes), at: 8)))
        forms.append(("MIME base64 in JSON", Encodings.wrapped(Encodings.base64(bytes), at: 8, by: #"\r\n"#)))
        forms.removeAll { $0.0 == "octal" && bytes.contains { $0 < 64 } }
        return forms
    }

    @Test(
        "C5: echoes in rare forms are found, in chunks of any size",
        arguments: ["sk_live_4eC39HqLyjWDarjtT1zdp7dc", "p&ss<w>rd=\"x\"'1", "ÄngströmBCD"], [1, 3, 1000])
    func rare(secret: String, chunk: Int) {
        for (name, form) in rareForms(secret) where secret.utf8.allSatisfy({ $0 < 0x80 }) || !name.contains("case") {
            #expect(scrub("<\(form)>", secret, chunk: chunk) == "<[redacted]>", "\(name): \(form)")
        }
    }

    @Test("C5: a secret in UTF-16 or UTF-32 without a label is found", arguments: ["sk_live_4eC39HqLyj", "Ängströ€😀"])
    func wide(secret: String) {
        let units = secret.utf16.map { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
        let scalars = secret.unicodeScalars.map { scalar in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: scalar.value >> UInt32($0)) }
        }
        for groups in [units, units.map { $0.reversed() }, scalars, scalars.map { $0.reversed() }] {
            let bytes: [UInt8] = [1] + groups.joined() + [2]
            let output = Scrubber(secrets: [Array(secret.utf8)]).scrub(ByteBuffer(bytes: bytes))
            #expect(output.readableBytesView.filter { $0 != 0 } == [1] + Array("[redacted]".utf8) + [2])
        }
    }

    @Test("C5: a secret inside longer base32 is found at each of the five offsets")
    func base32Offsets() {
        let secret = "sk_live_4eC39HqLyjWD"
        for before in 0..<6 {
            for after in 0..<3 {
                let bytes =
                    [UInt8](repeating: 0x75, count: before) + Array(secret.utf8) + [UInt8](repeating: 1, count: after)
                let output = scrub(Encodings.base32(bytes), secret)
                let kept = output.replacing("[redacted]", with: "").filter { $0 != "=" }
                #expect(output.contains("[redacted]") && kept.count <= (before * 8 + 4) / 5 + (after * 8 + 4) / 5 + 2)
            }
        }
    }

    @Test("escapes of all kinds over and over cost linear time", .timeLimit(.minutes(10)))
    func linear() {
        let scrubber = Scrubber(secrets: [Array("sk_live_4eC39HqLyjWDarjtT1zdp7dc".utf8)])
        for piece in ["=\r\n", "&amp", "&#", "%4", #"\u{"#, "sk_live_4eC39HqLyjWDarjtT1zdp7d", "=73=6B", "s\n"] {
            let text = String(repeating: piece, count: (256 << 10) / piece.utf8.count)
            #expect(scrubber.scrub(text) == text, "\(piece)")
        }
    }

    @Test("C5: Basic credentials, given as one more secret, are found whole and by their password")
    func basic() {
        let scrubber = Scrubber(secrets: [Array("hunter2hunter2".utf8), Array("admin:hunter2hunter2".utf8)])
        let header = "Basic " + Encodings.base64(Array("admin:hunter2hunter2".utf8))
        #expect(scrubber.scrub(header) == "Basic [redacted]")
        #expect(scrubber.scrub("login admin:hunter2hunter2 failed") == "login [redacted] failed")
        #expect(scrubber.scrub("pw=hunter2hunter2&user=admin") == "pw=[redacted]&user=admin")
    }

    @Test("C5: a secret split at any border is found")
    func everySplit() {
        let secret = "sk_live/4eC39HqLyj"
        for (name, form) in forms(secret) {
            let text = Array("before \(form) after".utf8)
            for split in 0...text.count {
                var stream = Scrubber(secrets: [Array(secret.utf8)]).stream()
                var output = stream.scrub(ByteBuffer(bytes: text[..<split]))
                output.writeImmutableBuffer(stream.scrub(ByteBuffer(bytes: text[split...])))
                output.writeImmutableBuffer(stream.finish())
                #expect(String(buffer: output) == "before [redacted] after", "\(name) at \(split)")
            }
        }
    }

    @Test("C5: nothing is held back longer than a secret may have begun in it")
    func delay() {
        var stream = Scrubber(secrets: [Array("secret-value".utf8)]).stream()
        let steps: [(String, String)] = [
            ("plain ", "plain "), ("se", ""), ("cre", ""), ("ts ", "secrets "), ("no %", "no "), ("7", ""), ("3", ""),
            ("ecret-valu", ""), ("e.", "[redacted]."), ("\\", ""), ("u00", ""), ("e9", "\\u00e9"), ("x\\", "x"),
            ("q", "\\q"), ("secret-value", "[redacted]"), ("secret-", ""), ("valuX", "secret-valuX"), ("s", ""),
        ]
        for (chunk, expected) in steps {
            #expect(String(buffer: stream.scrub(ByteBuffer(string: chunk))) == expected, "\(chunk)")
        }
        #expect(stream.heldBytes == 1)
        #expect(String(buffer: stream.finish()) == "s")
        #expect(stream.replacements == 2)
    }

    @Test("what could still become a longer secret leaves as one replacement, whatever comes")
    func prefixes() {
        let scrubber = Scrubber(secrets: [Array("abcdef".utf8), Array("abcdefghij".utf8)])
        var stream = scrubber.stream()
        #expect(String(buffer: stream.scrub(ByteBuffer(string: "<abcdef"))) == "<[redacted]")
        #expect(String(buffer: stream.scrub(ByteBuffer(string: "gh"))) == "")
        #expect(String(buffer: stream.scrub(ByteBuffer(string: "ij>"))) == ">")
        #expect(String(buffer: stream.scrub(ByteBuffer(string: "abcdefgh"))) == "[redacted]")
        #expect(String(buffer: stream.scrub(ByteBuffer(string: "x"))) == "ghx")
    }

    @Test("secrets that overlap or touch become one replacement")
    func overlaps() {
        let scrubber = Scrubber(secrets: [Array("abcdef".utf8), Array("defghi".utf8)])
        #expect(scrubber.scrub("-abcdefghi-") == "-[redacted]-")
        #expect(scrubber.scrub("-abcdefabcdef-") == "-[redacted]-")
        #expect(scrubber.scrub("-abcdef-defghi-") == "-[redacted]-[redacted]-")
        #expect(scrub("aaaaaaaaaaa", "aaaa", chunk: 1) == "[redacted]")
    }

    @Test("C5: in any chunks the same comes out as in one, and nothing is lost", arguments: 0..<40)
    func anyChunks(seed: UInt64) {
        var random = SplitMix(state: seed)
        let alphabet = Array(#"ab%6\u0/"6152"#.utf8)
        func bytes(_ count: UInt64) -> [UInt8] {
            (0..<count).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
        }
        let secrets = [bytes(4 + random.next() % 4), bytes(4 + random.next() % 4)]
        let scrubber = Scrubber(secrets: secrets)
        var text: [UInt8] = []
        for _ in 0..<60 {
            let secret = secrets[Int(random.next() % 2)]
            switch random.next() % 4 {
            case 0: text += bytes(random.next() % 12)
            case 1: text += secret
            case 2: text += secret.prefix(3)
            default: text += Encodings.percent(secret, uppercase: random.next() % 2 == 0).utf8
            }
        }
        var whole = scrubber.stream()
        var expected = whole.scrub(ByteBuffer(bytes: text))
        expected.writeImmutableBuffer(whole.finish())
        for _ in 0..<10 {
            var stream = scrubber.stream()
            var output = ByteBuffer()
            var rest = text[...]
            while !rest.isEmpty {
                let count = Int(1 + random.next() % 9)
                output.writeImmutableBuffer(stream.scrub(ByteBuffer(bytes: rest.prefix(count))))
                rest = rest.dropFirst(count)
            }
            output.writeImmutableBuffer(stream.finish())
            #expect(output == expected)
            #expect(stream.replacements == whole.replacements)
        }
        let scrubbed = Array(expected.readableBytesView)
        for secret in secrets { #expect(!scrubbed.contains(secret), "raw") }
    }

    @Test("C5: a secret is found however each of its characters is spelt", arguments: 0..<20)
    func mixedSpelling(seed: UInt64) {
        var random = SplitMix(state: seed)
        let letters = Array("ab01+/=é ".unicodeScalars)
        let secret = String(String.UnicodeScalarView((0..<12).map { _ in letters[Int(random.next() % 9)] }))
        for chunk in [1, 4, 1000] {
            let spelt = secret.map { character in
                switch random.next() % 4 {
                case 0: Encodings.percent(Array(String(character).utf8), uppercase: random.next() % 2 == 0)
                case 1: Encodings.json(String(character), escaped: "ab01+/= ", uppercase: random.next() % 2 == 0)
                case 2: Encodings.json(String(character), slashes: true)
                default: String(character)
                }
            }.joined()
            #expect(scrub("x\(spelt)x", secret, chunk: chunk) == "x[redacted]x", "\(secret) as \(spelt)")
        }
    }

    @Test("C5: text without a secret comes out as it went in", arguments: 0..<20)
    func untouched(seed: UInt64) {
        var random = SplitMix(state: seed)
        let alphabet = Array(#"sk_live%5\u0073"/"#.utf8)
        let text = (0..<3000).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
        let input = String(decoding: text, as: UTF8.self)
        #expect(scrub(input, "sk_live_Q4eC39HqLyjWDarjtT1zdp7dc", chunk: Int(1 + seed)) == input)
    }

    @Test("secrets of less than four bytes are not looked for, and counted")
    func short() {
        let scrubber = Scrubber(secrets: [[], Array("abc".utf8), Array("abcd".utf8)])
        #expect(scrubber.tooShort == 2)
        #expect(scrubber.scrub("abc abcd") == "abc [redacted]")
        let empty = Scrubber(secrets: [Array("abc".utf8)])
        #expect(empty.isEmpty)
        #expect(empty.scrub("abc") == "abc")
        var stream = empty.stream()
        #expect(String(buffer: stream.scrub(ByteBuffer(string: "abc"))) == "abc")
        #expect(stream.finish().readableBytes == 0)
    }

    @Test("C5: a secret may be any bytes")
    func binary() {
        let secret: [UInt8] = [0x00, 0xff, 0xfe, 0x80, 0x0a]
        var stream = Scrubber(secrets: [secret]).stream()
        var output = stream.scrub(ByteBuffer(bytes: [0x31] + secret + [0x32]))
        output.writeImmutableBuffer(stream.finish())
        #expect(String(buffer: output) == "1[redacted]2")
        #expect(Scrubber(secrets: [secret]).scrub("x=%00%ff%Fe%80%0A;") == "x=[redacted];")
    }

    @Test("a long secret and many of them are found in a long text")
    func large() {
        var random = SplitMix(state: 3)
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        let secrets = (0..<20).map { index in
            (0..<(index == 0 ? 8192 : 40)).map { _ in letters[Int(random.next() % UInt64(letters.count))] }
        }
        let scrubber = Scrubber(secrets: secrets)
        var stream = scrubber.stream()
        var output = ByteBuffer()
        let filler = [UInt8](repeating: UInt8(ascii: "."), count: 1000)
        for secret in secrets { output.writeImmutableBuffer(stream.scrub(ByteBuffer(bytes: filler + secret))) }
        output.writeImmutableBuffer(stream.finish())
        #expect(stream.replacements == 20)
        #expect(output.readableBytes == 20 * (1000 + Scrubber.replacement.utf8.count))
    }

    @Test("C3: a scrubber has no textual form that tells its secrets")
    func opaque() {
        let scrubber = Scrubber(secrets: [Array("sk_live_secret".utf8)])
        var dumped = ""
        dump(scrubber, to: &dumped)
        for text in ["\(scrubber)", String(reflecting: scrubber), dumped] { #expect(!text.contains("sk_")) }
        #expect("\(scrubber)" == "[scrubber]")
        var streamed = ""
        dump(scrubber.stream(), to: &streamed)
        #expect(!streamed.contains("sk_"))
    }
}
