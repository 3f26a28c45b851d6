/// Finds the OpenAPI documents in a folder.
struct OpenAPIDocuments {
    /// A document: the file that has `openapi` or `swagger` at its top, and those it leads to.
    struct Found {
        /// Below the folder.
        let root: String
        /// Below the folder, the root first.
        let files: [String]
    }

    private let folder: String
    private var contents: [String: [UInt8]] = [:]

    /// Files that one document may lead to.
    private static let mostFiles = 500

    init(folder: String) {
        self.folder = folder
    }

    mutating func bytes(_ path: String) -> [UInt8]? {
        if let known = contents[path] { return known }
        let bytes = Files.bytes(folder + "/" + path)
        contents[path] = bytes
        return bytes
    }

    /// All that call themselves so, in order; whether they are is for the importer to say.
    mutating func all() -> [Found] {
        let names = Files.all(in: folder, endings: [".json", ".yaml", ".yml"]).map {
            String($0.dropFirst(folder.utf8.count + 1))
        }
        var found: [Found] = []
        for name in names {
            guard let bytes = bytes(name), Self.callsItselfOpenAPI(bytes) else {
                continue
            }
            found.append(Found(root: name, files: reached(from: name)))
        }
        contents = [:]
        return found
    }

    /// Looks for the key at the beginning of a line of YAML, or anywhere in the first level of JSON.
    static func callsItselfOpenAPI(_ bytes: [UInt8]) -> Bool {
        let isJSON = bytes.first { ![0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf].contains($0) } == UInt8(ascii: "{")
        var depth = 0
        var index = 0
        var lineStart = true
        while index < bytes.count {
            let byte = bytes[index]
            if isJSON {
                switch byte {
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                case UInt8(ascii: "\""):
                    let start = index + 1
                    index = start
                    while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                        index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                    }
                    if depth == 1, index < bytes.count, isKey(bytes[start..<index]), isColon(bytes[(index + 1)...]) {
                        return true
                    }
                default: break
                }
            } else if lineStart {
                let line = bytes[index...].prefix { $0 != UInt8(ascii: ":") && $0 != 0x0a }
                let bare = line.filter {
                    ![UInt8(ascii: "\""), UInt8(ascii: "'"), 0x20, 0xef, 0xbb, 0xbf].contains($0)
                }
                if line.first != 0x20, isKey(bare[...]) { return true }
            }
            lineStart = byte == 0x0a
            index += 1
        }
        return false
    }

    private static func isKey(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.elementsEqual("openapi".utf8) || bytes.elementsEqual("swagger".utf8)
    }

    private static func isColon(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) } == UInt8(ascii: ":")
    }

    /// The file and those that references in it name, and in those.
    private mutating func reached(from root: String) -> [String] {
        var reached = [root]
        var next = 0
        while next < reached.count, reached.count < Self.mostFiles {
            let name = reached[next]
            next += 1
            guard let bytes = bytes(name) else { continue }
            for reference in Self.references(in: bytes) {
                let target = Self.resolved(reference, from: name)
                if !reached.contains(target), self.bytes(target) != nil { reached.append(target) }
            }
        }
        return reached
    }

    /// The files that `$ref`s name.
    private static func references(in bytes: [UInt8]) -> Set<String> {
        var found: Set<String> = []
        var index = 0
        let marker = Array("$ref".utf8)
        while index + 5 < bytes.count {
            guard bytes[index] == marker[0], bytes[index..<index + 4].elementsEqual(marker) else {
                index += 1
                continue
            }
            index += 4
            let skipped: [UInt8] = Array("\"': ".utf8)
            let value = bytes[index...].prefix(2000).drop { skipped.contains($0) }
                .prefix { !Array("\"'#\r\n,}".utf8).contains($0) }
            guard !value.isEmpty, let text = String(validating: value, as: UTF8.self) else { continue }
            if !text.contains("://") { found.insert(decoded(text)) }
        }
        return found
    }

    private static func decoded(_ text: String) -> String {
        guard text.contains("%") else { return text }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), rest.count > 1,
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func resolved(_ reference: String, from base: String) -> String {
        var segments = base.split(separator: "/").dropLast().map(String.init)
        for segment in reference.split(separator: "/") {
            switch segment {
            case ".": continue
            case "..": _ = segments.popLast()
            default: segments.append(String(segment))
            }
        }
        return segments.joined(separator: "/")
    }
}
