import EgressPolicy
import Settings
import Testing
import YAML

@testable import Connector

@Suite struct ConfigurationTests {
    private func parse(
        _ text: String, environment: [String: String] = [:], proxy: String? = nil
    ) throws -> ConnectorConfiguration {
        try ConnectorConfiguration.parse(
            YAML.parse(text), file: "etc/connector.yaml",
            layers: Layered(environment: environment, keys: ConnectorConfiguration.variables), proxyVariable: proxy)
    }

    private func faults(_ text: String, proxy: String? = nil) -> String {
        do {
            _ = try parse(text, proxy: proxy)
            return ""
        } catch {
            return "\(error)"
        }
    }

    private let minimal = "relay: https://relay.example.com\ntoken_file: token\nallow: [{origin: 'http://10.0.0.1'}]\n"

    @Test func everyKeyOfTheInterfaceIsRead() throws {
        let configuration = try parse(
            """
            relay: "https://relay.example.com"
            token_file: /run/secrets/tunnel-token
            connections: 3
            max_connections: 5
            proxy: null
            ca_file: null
            allow:
              - origin: "http://192.168.1.100:8080"
                methods: [GET, POST]
                paths: ["/api/v1/*"]
              - origin: "https://*.internal.example:8443"
                tls: { ca_file: internal-ca.pem, server_name: null, verify: true, client_certificate: null }
              - origin: "http://10.20.0.0/16:*"
                encoded_slashes: refuse
            hosts: { crm.corp.example: 127.0.0.77 }
            limits: { concurrent_requests: 512, response_bytes: 100MiB, connect_timeout: 5s, idle_connections: 64, idle_connections_total: 90 }
            audit: { file: /var/log/penstock/connector-audit.jsonl }
            health: { listen: "127.0.0.1:8181" }
            shutdown_grace: 30s
            """)
        #expect(configuration.relay.description == "https://relay.example.com")
        #expect(configuration.connections == 3 && configuration.maxConnections == 5)
        #expect(configuration.allow.map(\.origin).count == 3)
        #expect(configuration.allow[0].methods == ["GET", "POST"] && configuration.allow[0].paths == ["/api/v1/*"])
        #expect(configuration.allow[1].tls.caFile == "etc/internal-ca.pem" && configuration.allow[1].tls.verify)
        #expect(configuration.hosts["crm.corp.example"] == .v4(0x7f00_004d))
        #expect(configuration.limits.responseBytes == 100 << 20 && configuration.limits.connectTimeout == .seconds(5))
        #expect(configuration.auditFile == "/var/log/penstock/connector-audit.jsonl")
        #expect(configuration.healthListen?.description == "127.0.0.1:8181")
        #expect(configuration.shutdownGrace == .seconds(30))
    }

    @Test("max_connections is 8, and never less than connections")
    func maxConnections() throws {
        #expect(try parse(minimal).maxConnections == 8)
        #expect(try parse(minimal + "connections: 8\n").maxConnections == 8)
        #expect(try parse(minimal, environment: ["PENSTOCK_MAX_CONNECTIONS": "2"]).maxConnections == 2)
        #expect(
            faults(minimal + "connections: 4\nmax_connections: 3\n")
                .contains(#""max_connections" must be at least connections, which is 4"#))
        #expect(faults(minimal + "max_connections: 33\n").contains("max_connections"))
    }

    @Test("idle connections follow concurrent_requests, and their total is twice as many, unless said otherwise")
    func idleConnections() throws {
        let ofOrigin = { (text: String) throws -> [Int] in
            let limits = try parse(minimal + text).limits
            return [limits.idlePerOrigin, limits.idleInAll]
        }
        #expect(try ofOrigin("") == [512, 1024])
        #expect(try ofOrigin("limits: { concurrent_requests: 40 }\n") == [40, 80])
        #expect(try ofOrigin("limits: { idle_connections: 7 }\n") == [7, 14])
        #expect(try ofOrigin("limits: { idle_connections: 7, idle_connections_total: 9 }\n") == [7, 9])
    }

    @Test(
        "dead connector rules are refused with the reason",
        arguments: [
            ("methods: [FETCH]", "did you mean GET?"), ("methods: [get]", "write GET"),
            ("methods: [Post]", "write POST"),
            ("methods: [GTE]", "did you mean GET?"), ("methods: [DELET]", "did you mean DELETE?"),
            ("methods: [CONNECT]", "never sent"), ("methods: [trace]", "never sent"),
            ("methods: ['G T']", "not a method"), ("paths: ['/a/*/b']", "\"/a/*\""),
            ("paths: ['/*.json']", "before its end"), ("paths: ['/a/**']", "before its end"),
            ("paths: ['a/*']", "slash"), ("paths: ['/a?b=*']", "query"), ("paths: ['/a//b']", "match no request"),
            ("paths: ['/a/../b']", "match no request"), ("paths: ['/a#b']", "match no request"),
        ])
    func deadRules(_ rule: String, _ reason: String) {
        let text =
            "relay: https://relay.example.com\ntoken_file: token\nallow: [{origin: 'http://10.0.0.1', \(rule)}]\n"
        #expect(faults(text).contains(reason), "\(faults(text))")
    }

    @Test(
        "rules that can match are taken, methods of any kind among them",
        arguments: [
            "methods: [LIST, PROPFIND, M-SEARCH, QUERY, PURGE, SET]", "methods: ['*']", "paths: ['/a/*', '/b', '/']",
            "paths: ['/*']", "paths: ['/a*']",
        ])
    func liveRules(_ rule: String) {
        let text =
            "relay: https://relay.example.com\ntoken_file: token\nallow: [{origin: 'http://10.0.0.1', \(rule)}]\n"
        #expect(faults(text).isEmpty)
    }

    @Test func theEnvironmentAloneSuffices() throws {
        let environment = [
            "PENSTOCK_RELAY": "https://relay.example.com:9443", "PENSTOCK_TOKEN_FILE": "/t",
            "PENSTOCK_ALLOW": "http://10.0.0.1:80, https://*.corp.example",
        ]
        let configuration = try ConnectorConfiguration.parse(
            nil, file: "", layers: Layered(environment: environment, keys: ConnectorConfiguration.variables))
        #expect(configuration.relay.port == 9443)
        #expect(configuration.allow.map(\.origin) == ["http://10.0.0.1:80", "https://*.corp.example"])
        #expect(configuration.connections == 2 && configuration.healthListen?.port == 8181)
    }

    @Test func theEnvironmentGoesBeforeTheFile() throws {
        let configuration = try parse(
            minimal + "connections: 3\n",
            environment: ["PENSTOCK_CONNECTIONS": "4", "PENSTOCK_ALLOW": "http://10.9.9.9"])
        #expect(configuration.connections == 4)
        #expect(configuration.allow.map(\.origin) == ["http://10.9.9.9"])
    }

    @Test(
        arguments: [
            ("conections: 3\n", "etc/connector.yaml:4:1: unknown key \"conections\"; did you mean \"connections\"?"),
            ("limits: {response_byte: 3}\n", "did you mean \"response_bytes\"?"),
            ("connections: many\n", "etc/connector.yaml:4:14: "), ("connections: 0\n", "at least 1"),
            ("shutdown_grace: soon\n", "must be a duration"), ("limits: {response_bytes: x}\n", "must be a size"),
            ("hosts: {a.example: nowhere}\n", "must be an IP address"), ("hosts: {'a b': 1.2.3.4}\n", "host name"),
            ("health: {listen: '8181'}\n", "must be an address and a port"),
            ("proxy: 'http://proxy:3128'\n", "not implemented yet"),
        ])
    func faultsSayWhereAndWhatToDo(line: String, expected: String) {
        #expect(faults(minimal + line).contains(expected))
    }

    @Test(
        arguments: [
            ("{origin: 'ftp://x'}", "etc/connector.yaml:3:18: "), ("{origin: 'http://*'}", "every host"),
            ("{origin: 'http://x', methods: ['G T']}", "allow.0.methods"),
            ("{origin: 'http://x', paths: ['api']}", "allow.0.paths"),
            ("{origin: 'http://x', methods: []}", "allows nothing"), ("{}", "\"allow.0.origin\" is missing"),
            ("{origin: 'http://x', tls: {verify: false}}", "not https"),
            ("{origin: 'https://x', tls: {client_key: k}}", "needs client_certificate"),
            ("{origin: 'https://x', tls: {server_name: 'a b'}}", "host name"),
            ("{origin: 'http://x', encoded_slashes: maybe}", "must be refuse or allow"),
            ("{origin: 'http://x', method: [GET]}", "did you mean \"methods\"?"),
        ])
    func faultsInRulesNameTheirKey(rule: String, expected: String) {
        let text = "relay: https://relay.example.com\ntoken_file: token\nallow: [\(rule)]\n"
        #expect(faults(text).contains(expected))
    }

    @Test func aProxyFromTheEnvironmentIsRefusedRatherThanIgnored() {
        #expect(faults(minimal, proxy: "http://proxy:3128").contains("HTTPS_PROXY"))
        #expect(faults(minimal, proxy: "").isEmpty)
    }

    @Test(arguments: ["http://relay.example.com", "relay.example.com", "https://relay.example.com/path", "https://"])
    func aRelayThatIsNoHTTPSAddressIsRefused(relay: String) {
        let text = "relay: '\(relay)'\ntoken_file: token\nallow: [{origin: 'http://10.0.0.1'}]\n"
        #expect(faults(text).contains("\"relay\" must"))
    }

    @Test func malformedYAMLNamesLineAndColumn() throws {
        let path = try TestFiles.write("relay: [\n", as: "broken.yaml")
        let error = #expect(throws: ConnectorError.self) {
            _ = try ConnectorConfiguration.read(file: path, environment: [:])
        }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("\(path):") == true)
    }

    @Test func aMissingFileSaysSo() {
        let error = #expect(throws: ConnectorError.self) {
            _ = try ConnectorConfiguration.read(file: "/nowhere.yaml", environment: [:])
        }
        #expect(error?.message == "cannot read /nowhere.yaml: there is no such file")
    }
}
