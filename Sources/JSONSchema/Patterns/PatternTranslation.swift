/// Turns a regular expression of ECMAScript (with the `u` flag, as JSON Schema reads it) into one that PCRE2 reads
/// alike.
///
/// What only other engines know is refused: verbs such as `(*LIMIT_MATCH=…)`, recursion, callouts, conditions and
/// atomic groups. In lenient mode, `\A`, `\Z`, `\z`, `\h` and groups that set flags pass, since documents written for
/// other engines have them.
struct PatternTranslation {
    /// White space and line ends of ECMAScript (22.2.2.9), as part of a class.
    private static let space =
        #"\t\n\x{0B}\f\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}"#

    private let scalars: [Unicode.Scalar]
    private let isStrict: Bool
    private var index = 0
    private var output = ""

    /// The pattern for PCRE2; nil when it is not one of ECMAScript.
    static func translate(_ pattern: String, isStrict: Bool) -> String? {
        var translation = PatternTranslation(scalars: Array(pattern.unicodeScalars), isStrict: isStrict)
        return translation.run() ? translation.output : nil
    }

    private init(scalars: [Unicode.Scalar], isStrict: Bool) {
        self.scalars = scalars
        self.isStrict = isStrict
    }

    private mutating func run() -> Bool {
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "\\":
                guard escape(inClass: false) else { return false }
            case "[":
                guard characterClass() else { return false }
            case "(":
                guard group() else { return false }
            case ".": output += #"[^\n\r\x{2028}\x{2029}]"#
            case "*", "+", "?", "}":
                output.unicodeScalars.append(scalar)
                // A second plus would make the first possessive, which ECMAScript does not know.
                if peek() == "+", scalar != "}" || isQuantifierEnd { return false }
            default: output.unicodeScalars.append(scalar)
            }
        }
        return true
    }

    private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
        index + offset < scalars.count ? scalars[index + offset] : nil
    }

    private mutating func next() -> Unicode.Scalar? {
        guard index < scalars.count else { return nil }
        defer { index += 1 }
        return scalars[index]
    }

    /// Whether the brace just passed closes a count such as `{2,3}`.
    private var isQuantifierEnd: Bool {
        var place = index - 2
        while place >= 0, scalars[place] == "," || ("0"..."9").contains(scalars[place]) { place -= 1 }
        return place >= 0 && place < index - 2 && scalars[place] == "{"
    }

    private mutating func group() -> Bool {
        output += "("
        if peek() == "*" { return false }
        guard peek() == "?" else { return true }
        switch (peek(1), peek(2)) {
        case (":", _), ("=", _), ("!", _), ("<", "="), ("<", "!"): return true
        case ("<", let first?): return first != ">"
        case (let flag?, _) where !isStrict && (flag == "-" || "imsx".unicodeScalars.contains(flag)): return flags()
        default: return false
        }
    }

    /// `(?i)` and `(?i:`, whose letters must not smuggle anything else in.
    private func flags() -> Bool {
        for scalar in scalars[(index + 1)...] {
            if scalar == ")" || scalar == ":" { return true }
            guard scalar == "-" || "imsx".unicodeScalars.contains(scalar) else { return false }
        }
        return false
    }

    private mutating func characterClass() -> Bool {
        output += "["
        if peek() == "^" {
            output += "^"
            index += 1
        }
        while let scalar = next() {
            switch scalar {
            case "]":
                output += "]"
                return true
            case "[":
                // PCRE2 would take this for the beginning of a POSIX class.
                output += #"\["#
            case "\\":
                guard escape(inClass: true) else { return false }
            default: output.unicodeScalars.append(scalar)
            }
        }
        return false
    }

    private mutating func escape(inClass: Bool) -> Bool {
        guard let scalar = next() else { return false }
        switch scalar {
        case "s": output += inClass ? Self.space : "[\(Self.space)]"
        case "S":
            // A complement cannot be written as part of a class, but these are all the gaps between white space.
            output += inClass ? Self.notSpace : "[^\(Self.space)]"
        case "v": output += #"\x{0B}"#
        case "d", "D", "w", "W", "f", "n", "r", "t": output += "\\" + String(scalar)
        case "b": output += inClass ? #"\x{08}"# : #"\b"#
        case "B": return literal(#"\B"#, unless: inClass)
        case "0": return nul()
        case "1"..."9": return reference(scalar, inClass)
        case "c": return control()
        case "x": return hexadecimal(2)
        case "u": return unicode()
        case "p", "P": return property(scalar)
        case "k":
            guard !inClass, peek() == "<" else { return false }
            output += #"\k"#
        case "A", "Z", "z", "h": return literal("\\" + String(scalar), unless: inClass || isStrict)
        case _ where scalar.isASCII && (scalar.properties.isAlphabetic || scalar == "_"): return false
        case _ where scalar.isASCII:
            output += "\\" + String(scalar)
        default:
            output.unicodeScalars.append(scalar)
        }
        return true
    }

    private static let notSpace =
        #"\x{00}-\x{08}\x{0E}-\x{1F}!-\x{9F}\x{A1}-\x{167F}\x{1681}-\x{1FFF}\x{200B}-\x{2027}\x{202A}-\x{202E}"#
        + #"\x{2030}-\x{205E}\x{2060}-\x{2FFF}\x{3001}-\x{FEFE}\x{FF00}-\x{10FFFF}"#

    private mutating func literal(_ text: String, unless isRefused: Bool) -> Bool {
        output += text
        return !isRefused
    }

    private mutating func nul() -> Bool {
        if let digit = peek(), ("0"..."9").contains(digit) { return false }
        output += #"\x{00}"#
        return true
    }

    private mutating func reference(_ first: Unicode.Scalar, _ inClass: Bool) -> Bool {
        output += #"\g{"# + String(first)
        while let digit = peek(), ("0"..."9").contains(digit) {
            output.unicodeScalars.append(digit)
            index += 1
        }
        output += "}"
        return !inClass
    }

    private mutating func control() -> Bool {
        guard let letter = next(), ("a"..."z").contains(letter) || ("A"..."Z").contains(letter) else { return false }
        append(code: letter.value % 32)
        return true
    }

    private mutating func hexadecimal(_ count: Int) -> Bool {
        guard let code = code(count) else { return false }
        append(code: code)
        return true
    }

    private mutating func code(_ count: Int) -> UInt32? {
        var code: UInt32 = 0
        for _ in 0..<count {
            guard let scalar = next(), let digit = Character(scalar).hexDigitValue, scalar.isASCII else { return nil }
            code = code << 4 | UInt32(digit)
        }
        return code
    }

    private mutating func unicode() -> Bool {
        if peek() == "{" {
            index += 1
            var code: UInt32 = 0
            var digits = 0
            while let scalar = next(), scalar != "}" {
                guard scalar.isASCII, let digit = Character(scalar).hexDigitValue, code < 0x11_0000 else {
                    return false
                }
                code = code << 4 | UInt32(digit)
                digits += 1
            }
            guard digits > 0, scalars[index - 1] == "}", Unicode.Scalar(code) != nil else { return false }
            append(code: code)
            return true
        }
        guard var code = code(4) else { return false }
        if (0xD800..<0xDC00).contains(code), peek() == "\\", peek(1) == "u" {
            index += 2
            guard let low = self.code(4), (0xDC00..<0xE000).contains(low) else { return false }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard Unicode.Scalar(code) != nil else { return false }
        append(code: code)
        return true
    }

    private mutating func append(code: UInt32) {
        output += "\\x{" + String(code, radix: 16) + "}"
    }

    private mutating func property(_ letter: Unicode.Scalar) -> Bool {
        guard next() == "{" else { return false }
        var name = ""
        while let scalar = next(), scalar != "}" { name.unicodeScalars.append(scalar) }
        guard index <= scalars.count, scalars[index - 1] == "}", !name.isEmpty else { return false }
        for prefix in ["General_Category=", "gc="] where name.hasPrefix(prefix) {
            name.removeFirst(prefix.count)
        }
        for prefix in ["Script_Extensions=", "Script=", "scx=", "sc="] where name.hasPrefix(prefix) {
            name =
                (prefix.hasPrefix("sc=") || prefix.hasPrefix("Script=") ? "sc:" : "scx:") + name.dropFirst(prefix.count)
        }
        output += "\\" + String(letter) + "{" + (GeneralCategory.shortName(name) ?? name) + "}"
        return true
    }
}
