/// One link of a `Link` field or of a link set in its text form (RFC 8288, section 3; RFC 9264, section 4.1).
struct WebLink: Sendable, Hashable {
    var target: String
    /// In lower case.
    var relations: [String]
    /// In lower case, without parameters.
    var type: String?

    /// The most links that are read of one field.
    private static let most = 64

    /// What is malformed ends the reading; the links before it count.
    static func parse(_ field: String) -> [WebLink] {
        var links: [WebLink] = []
        var rest = Array(field.utf8.prefix(16 << 10))[...]
        while links.count < most {
            rest = rest.drop { ASCIIText.isSpace($0) || $0 == UInt8(ascii: ",") }
            guard rest.first == UInt8(ascii: "<"), let end = rest.firstIndex(of: UInt8(ascii: ">")) else { break }
            let target = String(decoding: rest[rest.index(after: rest.startIndex)..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
            var link = WebLink(target: target, relations: [], type: nil)
            while let (name, value) = parameter(&rest) {
                switch name {
                case "rel" where link.relations.isEmpty:
                    link.relations = ASCIIText.lowercased(value.utf8).split(separator: " ").map(String.init)
                case "type" where link.type == nil:
                    link.type = mediaType(value)
                default: break
                }
            }
            links.append(link)
        }
        return links
    }

    /// A media type without its parameters.
    static func mediaType(_ value: String) -> String {
        String(
            decoding: ASCIIText.trimmed(Array(ASCIIText.lowercased(value.utf8.prefix { $0 != 0x3B }).utf8)[...]),
            as: UTF8.self)
    }

    private static func parameter(_ rest: inout ArraySlice<UInt8>) -> (String, String)? {
        rest = rest.drop(while: ASCIIText.isSpace)
        guard rest.first == UInt8(ascii: ";") else { return nil }
        rest = rest.dropFirst().drop(while: ASCIIText.isSpace)
        let stops = Array("=;, \t".utf8)
        let name = rest.prefix { !stops.contains($0) }
        rest = rest[name.endIndex...].drop(while: ASCIIText.isSpace)
        guard rest.first == UInt8(ascii: "=") else { return (ASCIIText.lowercased(name), "") }
        rest = rest.dropFirst().drop(while: ASCIIText.isSpace)
        var value: [UInt8] = []
        if rest.first == UInt8(ascii: "\"") {
            rest = rest.dropFirst()
            while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
                if byte == UInt8(ascii: "\\"), let next = rest.popFirst() {
                    value.append(next)
                } else {
                    value.append(byte)
                }
            }
        } else {
            let token = rest.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") }
            rest = rest[token.endIndex...]
            value = Array(ASCIIText.trimmed(token))
        }
        return (ASCIIText.lowercased(name), String(decoding: value, as: UTF8.self))
    }
}
