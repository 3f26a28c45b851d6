import Foundation
import Registry
import Testing
import Value
import YAML

/// `examples/definitions`, which readers copy.
@Suite("The example definitions")
struct ExampleTests {
    @Test("there are YAML and JSON ones")
    func kinds() {
        #expect(Set(Examples.names.map { ($0 as NSString).pathExtension }) == ["yaml", "json"])
    }

    @Test("each compiles, and its own examples are arguments that its endpoints accept", arguments: Examples.names)
    func compiles(_ name: String) throws {
        let document = try Examples.document(name)
        let context = DefinitionContext(user: "usr_1", api: "api_1", tunnels: ["env:OFFICE_TUNNEL_ID"])
        let api = try Definitions.compile(document, context)
        #expect(!api.endpoints.isEmpty)
        for endpoint in api.endpoints where !endpoint.parameters.isEmpty || endpoint.body != .none {
            let examples = try #require(endpoint.examples?.array, "\(endpoint.name) has no examples")
            for example in examples {
                #expect(endpoint.argumentSchema.mismatches(of: example).isEmpty, "\(endpoint.name): \(example)")
            }
        }
    }

    @Test("none contains a secret: each is named by an environment variable", arguments: Examples.names)
    func holdsNoSecret(_ name: String) throws {
        let context = DefinitionContext(user: "usr_1", api: "api_1", tunnels: ["env:OFFICE_TUNNEL_ID"])
        let definition = try CustomAPIDefinition(Examples.document(name), context: context)
        #expect(!definition.secrets.isEmpty)
        for secret in definition.secrets { #expect(secret.value.hasPrefix("env:"), "\(secret.field)") }
    }
}

private enum Examples {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "examples/definitions")

    /// The files' names, in order.
    static let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()

    /// A definition in which `env:NAME` replaces `{from_env: NAME}`, as `penstock apis apply` puts in the variable's text.
    static func document(_ name: String) throws -> JSON {
        filled(try YAML.parse(String(contentsOf: folder.appending(path: name), encoding: .utf8)).root)
    }

    private static func filled(_ value: JSON) -> JSON {
        switch value {
        case .object(let object):
            if object.count == 1, let name = object["from_env"]?.string { return .string("env:\(name)") }
            var result = JSONObject()
            for (key, member) in object { result[key] = filled(member) }
            return .object(result)
        case .array(let elements): return .array(elements.map(filled))
        case .null, .bool, .number, .string: return value
        }
    }
}
