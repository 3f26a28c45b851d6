/// The forms in which origins echo what they were sent, made here in another way than the code under test does.
enum Encodings {
    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

    static func base64(_ bytes: [UInt8], url: Bool = false, padded: Bool = true) -> String {
        let bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        var text = ""
        for start in stride(from: 0, to: bits.count, by: 6) {
            let value = (0..<6).reduce(0) { $0 << 1 | Int(start + $1 < bits.count ? bits[start + $1] : 0) }
            text.append(standard[value])
        }
        if url { text = String(text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }) }
        while padded, text.count % 4 != 0 { text.append("=") }
        return text
    }

    static func base32(_ bytes: [UInt8], hex: Bool = false) -> String {
        let digits = Array(hex ? "0123456789ABCDEFGHIJKLMNOPQRSTUV" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        var text = ""
        for start in stride(from: 0, to: bits.count, by: 5) {
            text.append(digits[(0..<5).reduce(0) { $0 << 1 | Int(start + $1 < bits.count ? bits[start + $1] : 0) }])
        }
        while text.count % 8 != 0 { text.append("=") }
        return text
    }

    /// In lines of so many characters.
    static func wrapped(_ text: String, at length: Int, by end: String = "\r\n") -> String {
        stride(from: 0, to: text.count, by: length)
            .map { String(text.dropFirst($0).prefix(length)) }.joined(separator: end)
    }

    static func hex(_ bytes: [UInt8], uppercase: Bool = false) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: uppercase) }.joined()
    }

    static func percent(_ bytes: [UInt8], uppercase: Bool = true, keeping kept: String = "", plus: Bool = false)
        -> String
    {
        bytes.map { byte in
            let character = Character(Unicode.Scalar(byte))
            if plus, character == " " { return "+" }
            if character.isASCII, character.isLetter || character.isNumber || (kept + "-._~").contains(character) {
                return String(character)
            }
            return "%" + hex([byte], uppercase: uppercase)
        }.joined()
    }

    /// JSON with `escaped` and everything beyond ASCII as `\uXXXX`, and slashes as `\/` where told so.
    static func json(_ text: String, escaped: String = "", slashes: Bool = false, uppercase: Bool = false) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "/" where slashes: output += "\\/"
            default:
                if scalar.isASCII, !escaped.unicodeScalars.contains(scalar) {
                    output.unicodeScalars.append(scalar)
                } else {
                    for unit in Character(scalar).utf16 {
                        let digits = String(unit, radix: 16, uppercase: uppercase)
                        output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                    }
                }
            }
        }
        return output
    }
}
