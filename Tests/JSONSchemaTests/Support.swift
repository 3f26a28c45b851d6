import Foundation
import JSONSchema
import Testing
import Value

/// A place for public test suites beside the repository, where nothing is copied from.
enum Suites {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/suites/json-schema")

    static var isThere: Bool { FileManager.default.fileExists(atPath: folder.path) }

    /// The JSON files in a folder of the suite and those below it, by path inside of it, in order.
    static func files(in name: String) throws -> [(name: String, content: JSON)] {
        let top = folder.appending(path: name)
        return try FileManager.default.subpathsOfDirectory(atPath: top.path).filter { $0.hasSuffix(".json") }.sorted()
            .map { ($0, try JSON.parse(Data(contentsOf: top.appending(path: $0)), limits: JSONLimits(depth: 512))) }
    }

    /// The documents that the suite's schemas refer to.
    static func bundle() throws -> [String: JSON] {
        Dictionary(
            uniqueKeysWithValues: try files(in: "remotes").map { ("http://localhost:1234/\($0.name)", $0.content) })
    }
}

/// The keywords that a value violates, each once, in order.
func violated(
    _ schema: JSON, _ value: JSON, _ dialect: Schema.Dialect = .draft2020, _ direction: Schema.Direction = .either,
    options: Schema.Options = .defaults
) throws -> [String] {
    let schema = try Schema(schema, dialect: dialect, options: options)
    let violations = schema.validate(value, direction: direction)
    #expect(schema.isValid(value, direction: direction) == violations.isEmpty)
    return violations.map(\.keyword)
}

/// The faults of a schema that must not compile, as text.
func faults(_ schema: JSON, _ dialect: Schema.Dialect = .draft2020, options: Schema.Options = .defaults) -> [String] {
    do throws(SchemaError) {
        _ = try Schema(schema, dialect: dialect, options: options)
        return []
    } catch {
        return error.faults.map { "\($0.pointer): \($0.message)" }
    }
}
