/// Cuts HTML into tags and text, forgiving as browsers are, in one pass over bounded input. It knows what pages of
/// documentation are made of; it is no parser of the whole language, and builds no tree.
struct HTMLTokenizer {
    enum Token: Sendable, Hashable {
        /// Names in lower case; of an attribute that stands twice the first counts.
        case start(String, [String: String])
        case end(String)
        /// With character references resolved, save within `script` and `style`.
        case text(String)
    }

    private static let mostTokens = 60_000
    private static let mostAttributes = 64
    private static let mostValue = 64 << 10
    private static let raw: Set<String> = ["script", "style"]
    private static let escapable: Set<String> = ["title", "textarea"]

    private let bytes: ArraySlice<UInt8>
    private var index: Int
    private var count = 0
    /// The element whose content runs to its own end tag, whatever stands in it.
    private var inside: String?

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    /// Whether reading ended before the input did.
    private(set) var isCut = false

    mutating func next() -> Token? {
        while index < bytes.endIndex {
            guard count < Self.mostTokens else {
                isCut = true
                return nil
            }
            count += 1
            if let inside { if let token = content(of: inside) { return token } else { continue } }
            guard bytes[index] == UInt8(ascii: "<") else { return .text(characters(upTo: next("<", from: index))) }
            if let token = markup() { return token }
        }
        return nil
    }

    private mutating func content(of name: String) -> Token? {
        inside = nil
        var end = index
        while end < bytes.endIndex, !isEnd(of: name, at: end) { end = next("<", from: end + 1) }
        guard end > index else { return nil }
        let isRaw = Self.raw.contains(name)
        defer { index = end }
        let slice = bytes[index..<end]
        return .text(isRaw ? String(decoding: slice, as: UTF8.self) : CharacterReferences.resolve(slice))
    }

    private func isEnd(of name: String, at place: Int) -> Bool {
        let wanted = Array("</\(name)".utf8)
        guard place + wanted.count <= bytes.endIndex else { return false }
        return zip(bytes[place...], wanted).allSatisfy { ASCIIText.lower($0) == $1 }
    }

    /// At a `<`.
    private mutating func markup() -> Token? {
        let behind = index + 1
        guard behind < bytes.endIndex else {
            index = bytes.endIndex
            return nil
        }
        switch bytes[behind] {
        case UInt8(ascii: "!"), UInt8(ascii: "?"):
            skipDeclaration()
            return nil
        case UInt8(ascii: "/"):
            let name = ASCIIText.lowercased(bytes[(behind + 1)...].prefix(64).prefix(while: isNameByte))
            index = min(next(">", from: behind) + 1, bytes.endIndex)
            return name.isEmpty ? nil : .end(name)
        case let byte where ASCIIText.isLetter(byte):
            return startTag()
        default:
            let end = next("<", from: behind)
            return .text(characters(upTo: end))
        }
    }

    private mutating func skipDeclaration() {
        let rest = bytes[index...]
        guard rest.starts(with: "<!--".utf8) else {
            index = min(next(">", from: index) + 1, bytes.endIndex)
            return
        }
        var place = index + 4
        while place < bytes.endIndex {
            place = next("-", from: place)
            if bytes[place...].starts(with: "-->".utf8) { break }
            place += 1
        }
        index = min(place + 3, bytes.endIndex)
    }

    private mutating func startTag() -> Token {
        index += 1
        let name = ASCIIText.lowercased(bytes[index...].prefix(64).prefix(while: isNameByte))
        index += name.utf8.count
        var attributes: [String: String] = [:]
        while index < bytes.endIndex, bytes[index] != UInt8(ascii: ">") {
            guard let (key, value) = attribute() else { continue }
            if attributes.count < Self.mostAttributes, attributes[key] == nil { attributes[key] = value }
        }
        index = min(index + 1, bytes.endIndex)
        if Self.raw.contains(name) || Self.escapable.contains(name) { inside = name }
        return .start(name, attributes)
    }

    /// Always moves on.
    private mutating func attribute() -> (String, String)? {
        while index < bytes.endIndex, ASCIIText.isSpace(bytes[index]) || bytes[index] == UInt8(ascii: "/") {
            index += 1
        }
        let start = index
        while index < bytes.endIndex, !ASCIIText.isSpace(bytes[index]), !"=>/".utf8.contains(bytes[index]) {
            index += 1
        }
        let name = ASCIIText.lowercased(bytes[start..<index].prefix(128))
        if start == index, index < bytes.endIndex, bytes[index] == UInt8(ascii: "=") { index += 1 }
        skipSpace()
        guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "=") else { return name.isEmpty ? nil : (name, "") }
        index += 1
        skipSpace()
        guard index < bytes.endIndex else { return nil }
        let quote = bytes[index]
        let value: ArraySlice<UInt8>
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            let end = bytes[(index + 1)...].firstIndex(of: quote) ?? bytes.endIndex
            value = bytes[(index + 1)..<end]
            index = min(end + 1, bytes.endIndex)
        } else {
            value = bytes[index...].prefix { !ASCIIText.isSpace($0) && $0 != UInt8(ascii: ">") }
            index = value.endIndex
        }
        return (name, CharacterReferences.resolve(value.prefix(Self.mostValue)))
    }

    private mutating func skipSpace() {
        while index < bytes.endIndex, ASCIIText.isSpace(bytes[index]) { index += 1 }
    }

    private mutating func characters(upTo end: Int) -> String {
        defer { index = end }
        return CharacterReferences.resolve(bytes[index..<end])
    }

    private func next(_ byte: Unicode.Scalar, from place: Int) -> Int {
        guard place < bytes.endIndex else { return bytes.endIndex }
        return bytes[place...].firstIndex(of: UInt8(ascii: byte)) ?? bytes.endIndex
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        ASCIIText.isWord(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ":")
    }
}
