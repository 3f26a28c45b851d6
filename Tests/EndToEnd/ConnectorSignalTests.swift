import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("Signals to a running connector", .serialized, .timeLimit(.minutes(2)))
struct ConnectorSignalTests {
    @Test("SIGHUP opens the renamed audit file anew at once, and ends neither the process nor its sessions")
    func hangUp() async throws {
        let stage = try await Stage.make()
        let connector = stage.connector
        func sessions() async throws -> Set<String> {
            let tunnel = try await stage.relay.send(.GET, "/v1/tunnels/\(stage.tunnel.id)", stage.account.user)
            return Set((tunnel.json["sessions"]?.array ?? []).compactMap { $0["id"]?.string })
        }
        let first = try await sessions()
        func records(_ file: String) throws -> [String?] {
            try text(of: file).split(separator: "\n").map { try JSON.parse(String($0))["request_id"]?.string }
        }
        let before = try #require(try await stage.call("hello").requestID)
        try await eventually("its record is written") { try records(connector.auditFile) == [before] }
        let old = connector.auditFile + ".1"
        try FileManager.default.moveItem(atPath: connector.auditFile, toPath: old)
        connector.process?.kill(SIGHUP)
        // Without a record to write.
        try await eventually("there is a new file") { FileManager.default.fileExists(atPath: connector.auditFile) }
        #expect(try records(connector.auditFile).isEmpty)
        try await eventually("the log says so") { connector.process?.logText.contains("SIGHUP") == true }
        let after = try #require(try await stage.call("hello").requestID)
        try await eventually("its record is in the new file") { try records(connector.auditFile) == [after] }
        #expect(try records(old) == [before])
        let last = try await sessions()
        #expect(!first.isEmpty && first.isSubset(of: last))
        #expect(connector.process?.end == nil)
        try await stage.end()
    }
}
