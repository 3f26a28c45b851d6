import Value

/// One simple command of a shell's text.
struct ShellCommand {
    var words: [String] = []
    /// What a here-document gives its input.
    var input: String?
    /// The comment on the lines in front.
    var comment: String?
    var position = Position(line: 1, column: 1)
    /// Whether a quotation is not closed.
    var isOpen = false
}

/// Splits a shell's text into commands and words, as far as copied commands go (POSIX, and `$'…'`). Nothing is
/// expanded: variables and substitutions stay as they are written.
struct ShellWords {
    private let bytes: [UInt8]
    private var index = 0
    private var commands: [ShellCommand] = []
    private var command = ShellCommand()
    private var word: [UInt8]?
    private var comment: String?
    /// The delimiters of here-documents that begin on the next line.
    private var pending: [String] = []
    /// Whether the next word is where a redirection leads.
    private var skipsWord = false
    private var wantsDelimiter = false
    private var cursor = (index: 0, line: 1, start: 0)

    /// How many commands are read.
    static let mostCommands = 5000

    static func split(_ bytes: [UInt8]) -> [ShellCommand] {
        var words = ShellWords(bytes: bytes)
        words.run()
        return words.commands
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var next: UInt8? { index + 1 < bytes.count ? bytes[index + 1] : nil }

    private mutating func run() {
        while index < bytes.count, commands.count < Self.mostCommands {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\\"): escape(byte)
            // The command line of Windows, as browsers write it too.
            case UInt8(ascii: "^") where next == 0x0A || next == 0x0D: escape(byte)
            case UInt8(ascii: "'"): quote()
            case UInt8(ascii: "\""): doubleQuote()
            case UInt8(ascii: "$"): dollar()
            case UInt8(ascii: "`"): substitution(until: UInt8(ascii: "`"))
            case UInt8(ascii: "#") where word == nil: readComment()
            case UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0D:
                endWord()
                index += 1
            case 0x0A: endLine()
            case UInt8(ascii: ";"), UInt8(ascii: "|"), UInt8(ascii: "&"):
                endCommand()
                index += 1
            case UInt8(ascii: "<"), UInt8(ascii: ">"): redirect(byte)
            default: append(byte)
            }
        }
        endCommand()
    }

    private mutating func append(_ byte: UInt8) {
        if word == nil {
            word = []
            if command.words.isEmpty { command.position = position }
        }
        word?.append(byte)
        index += 1
    }

    private mutating func beginWord() {
        guard word == nil else { return }
        if command.words.isEmpty { command.position = position }
        word = []
    }

    private var position: Position {
        mutating get {
            while cursor.index < index {
                if bytes[cursor.index] == 0x0A {
                    cursor.line += 1
                    cursor.start = cursor.index + 1
                }
                cursor.index += 1
            }
            return Position(line: cursor.line, column: index - cursor.start + 1)
        }
    }

    private mutating func endWord() {
        guard let bytes = word else { return }
        word = nil
        let text = String(decoding: bytes, as: UTF8.self)
        if wantsDelimiter {
            pending.append(text)
            wantsDelimiter = false
        } else if skipsWord {
            skipsWord = false
        } else {
            command.words.append(text)
        }
    }

    private mutating func endCommand() {
        endWord()
        skipsWord = false
        if !command.words.isEmpty {
            command.comment = comment
            comment = nil
            commands.append(command)
        }
        command = ShellCommand()
    }

    private mutating func endLine() {
        endWord()
        index += 1
        guard pending.isEmpty else {
            command.input = hereDocuments()
            return endCommand()
        }
        endCommand()
    }

    private mutating func escape(_ byte: UInt8) {
        index += 1
        guard index < bytes.count else { return }
        if bytes[index] == 0x0D, next == 0x0A { index += 1 }
        if bytes[index] == 0x0A || byte == UInt8(ascii: "^") {
            index += 1
        } else {
            append(bytes[index])
        }
    }

    private mutating func quote() {
        beginWord()
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "'") { append(bytes[index]) }
        close()
    }

    private mutating func close() {
        if index < bytes.count { index += 1 } else { command.isOpen = true }
    }

    private mutating func doubleQuote() {
        beginWord()
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\"), let after = next {
                if after == 0x0A {
                    index += 2
                    continue
                }
                if "\"\\$`".utf8.contains(after) { index += 1 }
            }
            append(bytes[index])
        }
        close()
    }

    private mutating func dollar() {
        switch next {
        case UInt8(ascii: "'"):
            index += 1
            ansiQuote()
        case UInt8(ascii: "\""): index += 1
        case UInt8(ascii: "{"):
            while index < bytes.count, bytes[index] != UInt8(ascii: "}"), bytes[index] != 0x0A { append(bytes[index]) }
        case UInt8(ascii: "("):
            index += 1
            substitution(until: UInt8(ascii: ")"))
        default: append(bytes[index])
        }
    }

    /// What a command would have put there is not known.
    private mutating func substitution(until end: UInt8) {
        beginWord()
        word? += Array("$SUBSTITUTED".utf8)
        var depth = end == UInt8(ascii: ")") ? 0 : 1
        if depth == 1 { index += 1 }
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "("), end == UInt8(ascii: ")") { depth += 1 }
            if byte == end { depth -= 1 }
            if depth == 0 { return }
        }
        command.isOpen = true
    }

    private mutating func ansiQuote() {
        beginWord()
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "'") {
            guard bytes[index] == UInt8(ascii: "\\"), let after = next else {
                append(bytes[index])
                continue
            }
            index += 2
            switch after {
            case UInt8(ascii: "n"): word?.append(0x0A)
            case UInt8(ascii: "t"): word?.append(0x09)
            case UInt8(ascii: "r"): word?.append(0x0D)
            case UInt8(ascii: "x"): code(radix: 16, most: 2)
            case UInt8(ascii: "u"): code(radix: 16, most: 4, isScalar: true)
            case UInt8(ascii: "U"): code(radix: 16, most: 8, isScalar: true)
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                index -= 1
                code(radix: 8, most: 3)
            default: word?.append(after)
            }
        }
        close()
    }

    private mutating func code(radix: UInt32, most: Int, isScalar: Bool = false) {
        var value: UInt32 = 0
        var count = 0
        while count < most, index < bytes.count, let digit = Self.digit(bytes[index]),
            digit < radix
        {
            value = value << (radix == 16 ? 4 : 3) | digit
            index += 1
            count += 1
        }
        guard count > 0 else { return }
        if isScalar {
            // A browser writes what is beyond the basic plane as two halves, which no text can hold one by one.
            word? += Array(String(Character(UnicodeScalar(value) ?? "\u{FFFD}")).utf8)
        } else {
            word?.append(UInt8(truncatingIfNeeded: value))
        }
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46: UInt32(byte - 0x41 + 10)
        case 0x61...0x66: UInt32(byte - 0x61 + 10)
        default: nil
        }
    }

    private mutating func readComment() {
        let end = bytes[index...].firstIndex(of: 0x0A) ?? bytes.endIndex
        let text = String(decoding: bytes[index..<end].drop { $0 == UInt8(ascii: "#") || $0 == 0x20 }, as: UTF8.self)
        comment = text.hasPrefix("!") ? nil : text
        index = end
    }

    private mutating func redirect(_ byte: UInt8) {
        // `2>` and the like: the number belongs to the redirection.
        if let digits = word, digits.allSatisfy({ (0x30...0x39).contains($0) }) { word = nil }
        endWord()
        if byte == UInt8(ascii: "<"), next == byte {
            index += 2
            if index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
            wantsDelimiter = true
            return
        }
        index += next == byte || next == UInt8(ascii: "&") ? 2 : 1
        skipsWord = true
    }

    private mutating func hereDocuments() -> String {
        var body: [UInt8] = []
        for delimiter in pending {
            while index < bytes.count {
                let end = bytes[index...].firstIndex(of: 0x0A) ?? bytes.endIndex
                let line = bytes[index..<end]
                index = min(end + 1, bytes.count)
                if line.drop(while: { $0 == 0x09 }).elementsEqual(delimiter.utf8) { break }
                body += line
                body.append(0x0A)
            }
        }
        pending = []
        return String(decoding: body, as: UTF8.self)
    }
}
