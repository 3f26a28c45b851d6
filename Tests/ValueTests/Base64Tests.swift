import Testing
import Value

@Suite("Base 64")
struct Base64Tests {
    @Test(
        "The test vectors of RFC 4648, section 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, encoded: String) {
        #expect(String(decoding: Base64.encode(Array(plain.utf8)), as: UTF8.self) == encoded)
        #expect(Base64.decode(encoded.utf8) == Array(plain.utf8))
        let unpadded = encoded.filter { $0 != "=" }
        #expect(Base64.encodeURL(Array(plain.utf8)) == unpadded)
        #expect(Base64.decode(unpadded.utf8) == Array(plain.utf8))
    }

    @Test("Every byte survives, in both alphabets, at every length")
    func roundTrip() {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encodeURL(bytes).utf8) == bytes)
        }
    }

    @Test(
        "What is not base 64 is refused",
        arguments: [
            "A", "AAAAA", "Zg=", "Zg===", "=", "====", "Z=g=", "Zg==Zg==", "Zm9v!", "Zm 9v", "Zh==", "Zm9=",
            "Zg\u{e9}=",
            "Zm9v====", "AA=A",
        ])
    func refusals(text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }

    @Test("A megabyte takes one pass and no array for each digit", .timeLimit(.minutes(10)))
    func large() {
        let bytes = [UInt8](repeating: 0xA7, count: 1 << 20)
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
}
