import Value

/// Writes values as YAML 1.2 in block style; every reader gets the same value back.
enum YAMLWriter {
    static func text(_ value: JSON) -> String {
        var output = ""
        write(value, indent: 0, afterKey: false, into: &output)
        return output
    }

    private static func write(_ value: JSON, indent: Int, afterKey: Bool, into output: inout String) {
        switch value {
        case .object(let object) where !object.isEmpty:
            if afterKey { output += "\n" }
            writeMembers(object, indent: indent, into: &output)
        case .array(let elements) where !elements.isEmpty:
            if afterKey { output += "\n" }
            for element in elements {
                output += String(repeating: " ", count: indent) + "-"
                writeElement(element, indent: indent, into: &output)
            }
        default:
            output += (afterKey ? " " : "") + scalar(value) + "\n"
        }
    }

    private static func writeMembers(
        _ object: JSONObject, indent: Int, startsInLine: Bool = false, into output: inout String
    ) {
        for (offset, member) in object.enumerated() {
            if offset > 0 || !startsInLine { output += String(repeating: " ", count: indent) }
            output += scalar(.string(member.key)) + ":"
            write(member.value, indent: indent + 2, afterKey: true, into: &output)
        }
    }

    private static func writeElement(_ element: JSON, indent: Int, into output: inout String) {
        if case .object(let object) = element, !object.isEmpty {
            output += " "
            writeMembers(object, indent: indent + 2, startsInLine: true, into: &output)
        } else {
            write(element, indent: indent + 2, afterKey: true, into: &output)
        }
    }

    private static func scalar(_ value: JSON) -> String {
        switch value {
        case .string(let text): isPlain(text) ? text : quoted(text)
        case .object: "{}"
        case .array: "[]"
        case .null, .bool, .number: value.text()
        }
    }

    /// Whether `text` reads back as this very string without quotes; rather too strict than too lax.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first) || first == UInt8(ascii: "/"), !text.hasSuffix(" ") else {
            return false
        }
        let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        guard text.utf8.count <= 200, !words.contains(text.lowercased()) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || " _-./()+".utf8.contains($0) }
    }

    /// A double-quoted scalar: JSON's, with what JSON leaves bare and YAML does not print escaped too.
    private static func quoted(_ text: String) -> String {
        var result = ""
        for scalar in JSON.string(text).text().unicodeScalars {
            switch scalar.value {
            case 0x7F..<0xA0, 0x2028, 0x2029, 0xFEFF:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
