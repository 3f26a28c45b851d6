import EgressPolicy
import Foundation
import Testing

@testable import Connector

/// `examples/connector.yaml`, which readers copy.
@Suite("The example configuration of a connector")
struct ExampleTests {
    private func configuration() throws -> ConnectorConfiguration {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try ConnectorConfiguration.read(
            file: repository.appending(path: "examples/connector.yaml").path, environment: [:])
    }

    @Test("it reads without faults, with relative paths from its own folder")
    func reads() throws {
        let configuration = try configuration()
        #expect(configuration.relay.description == "https://relay.example.com")
        #expect(configuration.tokenFile.hasSuffix("/examples/tunnel-token"))
        #expect(configuration.allow.count == 3 && configuration.limits.responseBytes == 20 << 20)
    }

    @Test(
        "its rules allow the calls of examples/definitions/crm.yaml, and nothing beside them",
        arguments: [
            ("GET", "http", "crm.corp.example:8080", "/api/v1/customers/cust_12345", true),
            ("POST", "http", "crm.corp.example:8080", "/api/v1/customers/search", true),
            ("DELETE", "http", "crm.corp.example:8080", "/api/v1/customers/cust_12345", false),
            ("GET", "http", "crm.corp.example:8080", "/admin", false),
            ("GET", "https", "wiki.internal.example:8443", "/pages/1", true),
            ("POST", "https", "wiki.internal.example:8443", "/pages/1", false),
            ("GET", "http", "10.20.3.4:9000", "/status", true),
            ("GET", "http", "10.21.3.4:9000", "/status", false),
        ])
    func allows(_ method: String, _ scheme: String, _ authority: String, _ target: String, _ isAllowed: Bool) throws {
        let policy = try ConnectorPolicy.make(configuration().allow)
        let decision = policy.judge(
            method: method, scheme: scheme, authority: authority, target: target, encodedSlashes: .refuse)
        if case .allowed = decision { #expect(isAllowed) } else { #expect(!isAllowed, "\(decision)") }
    }
}
