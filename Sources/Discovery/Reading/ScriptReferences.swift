/// What the scripts that set up Swagger UI, Redoc, Scalar and the like say about where a description is, or the
/// description itself where they hold it. The scripts are searched, never run.
struct ScriptReferences: Sendable {
    /// As written, to be resolved against the page (not the script).
    private(set) var addresses: [String] = []
    /// Swagger UI's `configUrl`: a JSON file that names the addresses.
    private(set) var configurations: [String] = []
    /// A document that stands in the script.
    private(set) var embedded: [ArraySlice<UInt8>] = []

    /// Objects whose end was looked for.
    private var objects = 0
    /// Bytes behind quotation marks whose other one never came.
    private var unclosed = 0

    private static let mostBytes = 2 << 20
    private static let most = 32
    private static let mostUnclosed = 4 << 20
    private static let signs = [
        "swaggeruibundle", "swagger-ui", "swaggerui", "redoc", "scalar", "rapidoc", "createapireference",
        "elements-api",
        "configobject", "swaggerdoc", "openapi",
    ]
    private static let addressKeys: Set<String> = [
        "url", "specurl", "spec-url", "spec_url", "openapiurl", "openapi_url", "apidescriptionurl", "definitionurl",
        "swaggerurl", "specificationurl",
    ]

    /// - Parameter isKnown: whether where it was found says that it sets up a viewer.
    init(_ text: some Collection<UInt8>, isKnown: Bool) {
        let bytes = Array(text.prefix(Self.mostBytes))
        guard isKnown || Self.isSetUp(bytes) else { return }
        scan(Self.unescaped(bytes))
    }

    private static func isSetUp(_ bytes: [UInt8]) -> Bool {
        let lower = ASCIIText.lowercased(bytes)
        return signs.contains { lower.contains($0) }
    }

    /// Swashbuckle hands its configuration over as the text of a JSON document within the script.
    private static func unescaped(_ bytes: [UInt8]) -> [UInt8] {
        guard String(decoding: bytes, as: UTF8.self).contains(#"JSON.parse('{"#) else { return bytes }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "'") { continue }
            if byte == UInt8(ascii: "\\"), let next = rest.first, "\"/'".utf8.contains(next) { continue }
            output.append(byte)
        }
        return output
    }

    private mutating func scan(_ bytes: [UInt8]) {
        var index = 0
        while index < bytes.count, addresses.count + configurations.count < Self.most, unclosed < Self.mostUnclosed {
            let byte = bytes[index]
            if byte == UInt8(ascii: "/"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "/") {
                // Swagger UI's own comment names an example; a URL's slashes stand within quotes, skipped below.
                while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") {
                guard let (text, end) = literal(bytes, at: index) else {
                    index += 1
                    continue
                }
                index = read(key: text, bytes, behind: end) ?? end
            } else if ASCIIText.isLetter(byte), index == 0 || !ASCIIText.isWord(bytes[index - 1]) {
                let end = bytes[index...].prefix(64).firstIndex { !ASCIIText.isWord($0) && $0 != UInt8(ascii: ".") }
                let word = String(decoding: bytes[index..<(end ?? index + 1)], as: UTF8.self)
                index = read(key: word, bytes, behind: end ?? index + 1) ?? (end ?? index + 1)
            } else {
                index += 1
            }
        }
    }

    /// Where reading goes on, if something of interest stood there.
    private mutating func read(key: String, _ bytes: [UInt8], behind: Int) -> Int? {
        var index = skipSpace(bytes, behind)
        guard index < bytes.count else { return nil }
        let name = ASCIIText.lowercased(key.utf8)
        if name == "redoc.init", bytes[index] == UInt8(ascii: "(") {
            index = skipSpace(bytes, index + 1)
        } else {
            guard bytes[index] == UInt8(ascii: ":") || bytes[index] == UInt8(ascii: "=") else { return nil }
            index = skipSpace(bytes, index + 1)
        }
        guard index < bytes.count else { return nil }
        if bytes[index] == UInt8(ascii: "{"), ["swaggerdoc", "spec", "content"].contains(name) {
            objects += 1
            guard objects <= 4, let end = Self.endOfObject(bytes, at: index) else { return nil }
            embedded.append(bytes[index..<end])
            return end
        }
        guard let (value, end) = literal(bytes, at: index), !value.isEmpty else { return nil }
        if name == "configurl" {
            configurations.append(value)
        } else if Self.addressKeys.contains(name) || name == "redoc.init" {
            addresses.append(value)
        } else {
            return nil
        }
        return end
    }

    private func skipSpace(_ bytes: [UInt8], _ start: Int) -> Int {
        var index = start
        while index < bytes.count, ASCIIText.isSpace(bytes[index]) { index += 1 }
        return index
    }

    /// A text in quotes of at most 2 KiB, without line ends.
    private mutating func literal(_ bytes: [UInt8], at start: Int) -> (String, Int)? {
        guard start < bytes.count, "\"'`".utf8.contains(bytes[start]) else { return nil }
        var text: [UInt8] = []
        var index = start + 1
        while index < bytes.count, text.count < WebAddress.longest, bytes[index] != UInt8(ascii: "\n") {
            if bytes[index] == bytes[start] { return (String(decoding: text, as: UTF8.self), index + 1) }
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
            text.append(bytes[index])
            index += 1
        }
        unclosed += index - start
        return nil
    }

    /// Behind the brace that closes the one at `start`.
    private static func endOfObject(_ bytes: [UInt8], at start: Int) -> Int? {
        var depth = 0
        var quote: UInt8?
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if let open = quote {
                if byte == UInt8(ascii: "\\") { index += 1 } else if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: "{") {
                depth += 1
            } else if byte == UInt8(ascii: "}") {
                depth -= 1
                if depth == 0 { return index + 1 }
            }
            index += 1
        }
        return nil
    }
}
