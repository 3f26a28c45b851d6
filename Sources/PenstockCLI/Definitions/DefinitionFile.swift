import Value
import YAML

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An API definition as its author wrote it, YAML or JSON, with its places.
struct DefinitionFile: Sendable {
    let document: Document
    /// For messages: the path, or `standard input`.
    let name: String
    /// Where relative `from_file` paths count from.
    let folder: String

    /// - Parameter path: `-` reads standard input.
    /// - Throws: ``CommandFailure`` with code 2; line and column for what is not YAML or JSON.
    static func read(_ path: String) throws(CommandFailure) -> DefinitionFile {
        if path == "-" { return try parse(Terminal.input(), name: "standard input", folder: ".") }
        return try DefinitionFile(document: UserFile.document(path), name: path, folder: Path.folder(of: path))
            .checked()
    }

    /// Reads a definition from text that is at hand.
    static func parse(_ bytes: [UInt8], name: String, folder: String) throws(CommandFailure) -> DefinitionFile {
        let document: Document
        do throws(YAMLError) {
            document = try YAML.parse(bytes)
        } catch {
            throw CommandFailure(.usage, "\(name):\(error.position.line):\(error.position.column): \(error.message)")
        }
        return try DefinitionFile(document: document, name: name, folder: folder).checked()
    }

    /// Writes a definition to a new file, as its name ends: `.json`, else YAML.
    static func write(_ definition: JSON, to path: String) throws(CommandFailure) {
        let text = path.hasSuffix(".json") ? definition.text(pretty: true) + "\n" : YAMLWriter.text(definition)
        try PrivateFile.write(text, to: path)
    }

    /// The slug that the relay will give it: as written, or made from the name. Nil when neither is there.
    var slug: String? { Self.slug(of: document.root) }

    static func slug(of root: JSON) -> String? {
        let definition = root["custom_api"] ?? root
        if let slug = definition["slug"]?.string { return slug }
        return definition["name"]?.string.flatMap(slug)
    }

    /// The definition to send: `{"from_env": …}` and `{"from_file": …}` replaced by what they name. Endpoints are left
    /// alone, since schemas and examples may well look the same.
    func resolved(_ variable: @escaping (String) -> String? = Self.variable) throws(CommandFailure) -> JSON {
        try SecretReferences(file: self, variable: variable).resolve(document.root, at: .root)
    }

    /// The texts that `from_env` and `from_file` name: they are sent, and never shown.
    func fillings(_ variable: @escaping (String) -> String? = Self.variable) throws(CommandFailure) -> Set<String> {
        try SecretReferences(file: self, variable: variable).texts(in: document.root, at: .root)
    }

    private func checked() throws(CommandFailure) -> DefinitionFile {
        guard document.root.object != nil else {
            throw CommandFailure(
                .usage, "\(name): a definition is a mapping, not \(document.root.typeName)",
                notes: ["It begins with custom_api:, or with name:, connection: and so on."])
        }
        return self
    }

    /// `file:line:column` of a value.
    func place(_ pointer: JSONPointer) -> String {
        let position = document.nearestPosition(of: pointer)
        return "\(name):\(position.line):\(position.column)"
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    private static func slug(from name: String) -> String? {
        var slug = ""
        for byte in name.lowercased().utf8 {
            let scalar = Unicode.Scalar(byte)
            let isLetter = ("a"..."z").contains(scalar)
            if isLetter || ("0"..."9").contains(scalar) && !slug.isEmpty {
                slug.unicodeScalars.append(scalar)
            } else if !slug.isEmpty, slug.last != "_" {
                slug.append("_")
            }
        }
        slug = String(slug.prefix(63))
        while slug.last == "_" { slug.removeLast() }
        return slug.isEmpty ? nil : slug
    }
}
