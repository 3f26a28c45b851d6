import Testing
import Vault

@Suite("Token text")
struct TokenTextTests {
    @Test("C7: a token reads back and only its own hash matches")
    func roundTrip() throws {
        let token = TokenText.generate()
        let text = token.revealed()
        #expect(text.hasPrefix("pst_\(token.id)_") && text.utf8.count == 64)
        let parsed = try #require(TokenText(text))
        #expect(parsed.id == token.id && parsed.hash == token.hash && parsed.hash.count == 32)
        #expect(parsed.matches(storedHash: token.hash))
        #expect(!parsed.matches(storedHash: TokenText.generate().hash))
        #expect(!parsed.matches(storedHash: []))
        #expect(text.hasSuffix(token.lastFour))
    }

    @Test("C7: the same id with another secret does not match")
    func otherSecret() throws {
        let token = TokenText.generate()
        let forged = "pst_\(token.id)_" + String(TokenText.generate().revealed().suffix(43))
        #expect(try !#require(TokenText(forged)).matches(storedHash: token.hash))
    }

    @Test("C3: a token shows its id and nothing else")
    func description() {
        let token = TokenText.generate()
        #expect("\(token)" == "pst_\(token.id)_[secret]")
        #expect(Mirror(reflecting: token).children.isEmpty)
    }

    @Test("a text that is no token is refused")
    func malformed() {
        let good = TokenText.generate().revealed()
        let bad = [
            "", "pst_", String(good.dropLast()), good + "a", "psx" + good.dropFirst(3), good.uppercased(),
            String(good.dropLast()) + "=", String(good.dropLast()) + "é", good.replacing("_", with: "-"),
        ]
        for text in bad { #expect(TokenText(text) == nil) }
    }
}
