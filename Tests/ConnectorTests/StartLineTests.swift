import EgressPolicy
import Logging
import Testing
import Version

@testable import Connector

@Suite struct StartLineTests {
    @Test("the start line says version, relay, allow list and audit file, in one sentence")
    func startLine() async throws {
        let lines = LogLines()
        var narrow = ConnectorConfiguration.Rule(
            origin: "http://192.168.1.100:8080", methods: ["GET", "POST"], paths: ["/api/v1/*"])
        narrow.permitsEncodedSlashes = true
        let wide = ConnectorConfiguration.Rule(origin: "https://*.internal.example:8443")
        let path = TestFiles.path("audit.jsonl")
        try await Rig.with([narrow, wide], logger: lines.logger, configure: { $0.auditFile = path }) { rig in
            let line = await lines.line(containing: "connector starts")
            #expect(line.contains("version=\(Version.text)"), "\(line)")
            #expect(line.contains("relay=https://relay.test:\(rig.relay.port)"), "\(line)")
            #expect(line.contains("audit=\(path)"), "\(line)")
            let allowed = "http://192.168.1.100:8080 (GET, POST /api/v1/*); https://*.internal.example:8443"
            #expect(line.contains("allow=\(allowed)"), "\(line)")
        }
    }

    @Test("a long allow list is cut, and what is not named is counted")
    func bounded() throws {
        var rules = (0..<30).map { ConnectorConfiguration.Rule(origin: "http://host-\($0).corp.example:80") }
        rules[0].paths = (0..<30).map { "/path-\($0)/*" }
        let configuration = ConnectorConfiguration(
            relay: .init(host: .name("relay.test")), tokenFile: "/token", allow: rules)
        let allow = "\(configuration.startLine["allow"] ?? "")"
        #expect(allow.hasSuffix("http://host-9.corp.example:80; and 20 more"), "\(allow)")
        #expect(allow.contains("/path-9/*, and 20 more)") && !allow.contains("path-10"), "\(allow)")
        #expect("\(configuration.startLine["audit"] ?? "")" == "none")
        #expect("\(configuration.startLine["relay"] ?? "")" == "https://relay.test")
    }
}
