/// The part of RFC 6570 that root documents use: `/users/{user}/repos{?page,per_page}`.
struct URITemplate: Sendable, Hashable {
    /// The path with `{name}` for each simple expression; optional ones are left out.
    var path: String
    var query: [String]

    /// Nil where `text` is no template, or one of another kind.
    init?(_ text: String) {
        guard text.utf8.contains(UInt8(ascii: "{")), text.utf8.count <= WebAddress.longest else { return nil }
        var path: [UInt8] = []
        var query: [String] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "?") { break }
            guard byte == UInt8(ascii: "{") else {
                path.append(byte)
                continue
            }
            guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return nil }
            var inner = rest[..<end]
            rest = rest[rest.index(after: end)...]
            let mark = inner.first.flatMap { "?&/#+.;".utf8.contains($0) ? $0 : nil }
            if mark != nil { inner = inner.dropFirst() }
            let names = inner.split(separator: UInt8(ascii: ",")).map { name in
                String(decoding: name.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "*") }, as: UTF8.self)
            }
            guard names.allSatisfy({ $0.utf8.allSatisfy(ASCIIText.isWord) && (1...40).contains($0.utf8.count) }) else {
                return nil
            }
            switch mark {
            case UInt8(ascii: "?"), UInt8(ascii: "&"): query += names
            case nil, UInt8(ascii: "+"):
                guard names.count == 1, path.last == UInt8(ascii: "/") else { return nil }
                path += Array("{\(names[0])}".utf8)
            default: break
            }
        }
        var text = String(decoding: path, as: UTF8.self)
        if let scheme = text.firstRange(of: "://") {
            let behind = text[scheme.upperBound...]
            guard let slash = behind.firstIndex(of: "/") else { return nil }
            text = String(behind[slash...])
        }
        guard text.hasPrefix("/") else { return nil }
        self.path = text
        self.query = query
    }
}
