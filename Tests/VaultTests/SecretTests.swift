import Testing
import Vault

@Suite("Secret")
struct SecretTests {
    @Test("C3: a secret shows nothing of itself in any textual form")
    func noTextualForm() {
        let secret = Secret(text: "marked-value-1234")
        var dumped = ""
        dump(["key": secret], to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(describing: [secret]), dumped] {
            #expect(!text.contains("marked"))
        }
        #expect("\(secret)" == "[secret]")
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }

    @Test("C3: a secret cannot be encoded")
    func notEncodable() {
        let value: Any = Secret(text: "marked")
        #expect(!(value is any Encodable))
    }

    @Test("a secret lends exactly the bytes it was given")
    func lendsBytes() {
        let secret = Secret([0, 1, 255])
        #expect(secret.withBytes { Array($0) } == [0, 1, 255])
        #expect(Secret(text: "é").withUTF8 { Array($0) } == [0xC3, 0xA9])
        #expect(Secret([]).withBytes { $0.count } == 0)
    }

    @Test("C7: the comparison in constant time tells equal from different")
    func constantTime() {
        #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEqual([9, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2]))
        #expect(constantTimeEqual([UInt8](), []))
        #expect(Secret(text: "a").matches(Secret(text: "a")))
        #expect(!Secret(text: "a").matches(Secret(text: "b")))
    }
}
