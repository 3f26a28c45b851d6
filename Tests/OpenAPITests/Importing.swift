import Drafts
import OpenAPI
import Registry
import Testing
import Value

/// A draft of one document in YAML or JSON.
func importing(
    _ text: String, options: ImportOptions = ImportOptions(), limits: ImportLimits = ImportLimits()
) throws -> Draft {
    try OpenAPIImporter(limits: limits).draft(
        files: [ImportFile(name: "api.yaml", bytes: Array(text.utf8))], options: options)
}

/// A 3.0 document with these paths.
func document(_ paths: String, _ rest: String = "", version: String = "3.0.3") -> String {
    "openapi: \(version)\ninfo: {title: Boats, version: '1'}\nservers: [{url: 'https://boats.example.com/v1'}]\n"
        + rest + "\npaths:\n"
        + paths.split(separator: "\n", omittingEmptySubsequences: false)
        .map { "  \($0)\n" }.joined()
}

extension Draft {
    /// The definition with its endpoints, as its owner would accept it.
    var whole: JSON {
        var definition = definition
        definition["endpoints"] = .array(operations.compactMap { $0.endpoint.map { .object($0) } })
        return .object(definition)
    }

    var endpoints: [JSON] { whole["endpoints"]?.array ?? [] }

    /// The codes of all findings.
    var codes: [String] { (findings + operations.flatMap(\.findings)).map(\.code) }

    func findings(_ code: String) -> [Finding] {
        (findings + operations.flatMap(\.findings)).filter { $0.code == code }
    }

    /// What the registry makes of it; what only the owner can give is given, and http:// made https://.
    func accepted() throws -> CompiledAPI {
        var definition = whole.object ?? [:]
        var connection = definition["connection"]?.object ?? [:]
        let base = connection["base_url"]?.string ?? "https://boats.example.com"
        connection["base_url"] = .string(base.hasPrefix("http:") ? "https:" + base.dropFirst(5) : base)
        definition["connection"] = .object(connection)
        definition["authentication"] = Draft.completed(authentication: definition["authentication"])
        let context = DefinitionContext(user: "ada", api: "api_1", tunnels: nil)
        let read = try CustomAPIDefinition(.object(definition), context: context)
        let stored = StoredAPI(
            id: "api_1", user: "ada", slug: read.slug, definition: read.stored, version: 1, created: 0, updated: 0)
        return try CompiledAPI(stored: stored)
    }
}

extension JSON {
    /// The member or element that a path of keys leads to.
    func at(_ path: String) -> JSON? { JSONPointer(text: path).flatMap { self[$0] } }

    /// The parameter of this name in an endpoint.
    func parameter(_ name: String) -> JSON? { self["parameters"]?.array?.first { $0["name"]?.string == name } }
}
