import EgressPolicy

/// A path of a document as a template that the relay can fill.
struct PathText {
    /// As `endpoints[].path` has it.
    private(set) var template = ""
    /// The names in braces as the document writes them, with those in ``template``.
    private(set) var names: [(source: String, name: String)] = []
    /// What the path itself has behind a question mark.
    private(set) var query: [(name: String, value: String)] = []
    /// The names in braces behind the question mark, with the query's names for them.
    private(set) var queryNames: [String: String] = [:]
    /// The names of queries whose values the path writes with braces among other text, with that text.
    private(set) var queryTexts: [(name: String, text: String)] = []
    /// What was changed, in words.
    private(set) var changes: [String] = []
    /// Why it cannot be called at all.
    private(set) var fault: String?

    private static let mostNames = 64

    /// - Parameter prefix: what stands before it, of the server.
    init(_ source: String, below prefix: String) {
        var rest = Substring(source)
        if let mark = Self.firstIndex(of: "#", in: rest) {
            changes.append("What followed # in the path is never sent; it was left out.")
            rest = rest[..<mark]
        }
        if let mark = Self.firstIndex(of: "?", in: rest) {
            readQuery(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        var path = prefix + (rest.hasPrefix("/") ? "" : "/") + rest
        if !rest.hasPrefix("/"), !rest.isEmpty { changes.append("A slash was put before the path.") }
        if path.contains("//") {
            changes.append("The path had empty segments, which no request can have; they were left out.")
            while let double = path.firstRange(of: "//") { path.replaceSubrange(double, with: "/") }
        }
        readTemplate(path[...])
        guard fault == nil else { return }
        do throws(RuleError) {
            _ = try PathTemplate(template)
        } catch {
            fault = error.message
        }
    }

    /// Outside of braces.
    private static func firstIndex(of character: Character, in text: Substring) -> Substring.Index? {
        var depth = 0
        for index in text.indices {
            switch text[index] {
            case "{": depth += 1
            case "}": depth -= 1
            case character where depth <= 0: return index
            default: break
            }
        }
        return nil
    }

    private mutating func readQuery(_ text: Substring) {
        for pair in Self.pairs(text) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let written = parts.first.map(String.init) ?? ""
            let key = PercentText.decode(written) ?? written
            let value = parts.count > 1 ? String(parts[1]) : ""
            if let name = Self.inBraces(value) {
                queryNames[name] = key
            } else if let name = Self.inBraces(key), value.isEmpty {
                queryNames[name] = name
            } else if value.contains("{"), value.contains("}") {
                queryTexts.append((key, PercentText.decode(value) ?? value))
            } else if !key.isEmpty {
                query.append((key, PercentText.decode(value) ?? value))
            }
        }
        changes.append("The path had a query; its parts are parameters now.")
    }

    /// The parts between ampersands that stand outside of braces; `{?a,b}` and `{&c}` of RFC 6570 are none.
    private static func pairs(_ text: Substring) -> [Substring] {
        var pairs: [Substring] = []
        var rest = text
        while let mark = firstIndex(of: "&", in: rest) {
            pairs.append(rest[..<mark])
            rest = rest[rest.index(after: mark)...]
        }
        pairs.append(rest)
        return pairs.filter { !$0.isEmpty }
    }

    /// The name where nothing but one in braces is there, without operators of RFC 6570.
    private static func inBraces(_ text: String) -> String? {
        guard text.hasPrefix("{"), text.hasSuffix("}"), text.utf8.count > 2 else { return nil }
        let name = text.dropFirst().dropLast()
        return name.contains("{") || name.contains("}") ? nil : String(name)
    }

    private mutating func readTemplate(_ path: Substring) {
        var rest = path
        var isRenamed = false
        while let open = rest.firstIndex(of: "{") {
            addLiteral(rest[..<open])
            guard let close = rest[open...].firstIndex(of: "}") else {
                fault = "The path has an opening brace without a closing one."
                return
            }
            let source = String(rest[rest.index(after: open)..<close])
            rest = rest[rest.index(after: close)...]
            // `{?limit}` and `{&limit}` of RFC 6570 stand for queries, which are declared as such.
            if source.hasPrefix("?") || source.hasPrefix("&") { continue }
            guard names.count < Self.mostNames else {
                fault = "The path has more than \(Self.mostNames) names in braces."
                return
            }
            let name = free(Self.plain(source))
            isRenamed = isRenamed || name != source
            names.append((source, name))
            template += "{\(name)}"
        }
        addLiteral(rest)
        if isRenamed { changes.append("Names in the path's braces were written so that they can stand there.") }
        if template.isEmpty { template = "/" }
    }

    private mutating func addLiteral(_ text: Substring) {
        let encoded = PercentText.encodePath(text)
        if encoded != text { changes.append("Characters that no path can hold were percent-encoded.") }
        template += encoded
    }

    /// The name without operators of RFC 6570 and patterns, `{+path}` or `{name=shelves/*}`, and of allowed characters.
    private static func plain(_ source: String) -> String {
        var bytes: [UInt8] = []
        for byte in source.utf8.prefix(while: { $0 != UInt8(ascii: "=") }).prefix(100) {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"), UInt8(ascii: "$"), UInt8(ascii: "@"):
                bytes.append(byte)
            default: if let last = bytes.last, last != UInt8(ascii: "_") { bytes.append(UInt8(ascii: "_")) }
            }
        }
        while bytes.count > 1, bytes.last == UInt8(ascii: "_"), source.utf8.last != UInt8(ascii: "_") {
            bytes.removeLast()
        }
        return bytes.isEmpty ? "part" : String(decoding: bytes, as: UTF8.self)
    }

    private func free(_ name: String) -> String {
        var result = name
        var number = 2
        while names.contains(where: { $0.name == result }) {
            result = "\(name)_\(number)"
            number += 1
        }
        return result
    }
}
