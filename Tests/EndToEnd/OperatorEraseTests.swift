import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("A user who is deleted", .serialized, .timeLimit(.minutes(2)))
struct OperatorEraseTests {
    @Test("C1: deleting a user destroys their key: no row and no byte of it is left in the file or its log")
    func erased() async throws {
        let stage = try await Stage.make(authentication: Definitions.apiKey("secret-one"))
        let relay = stage.relay
        let rotated = try await relay.send(
            .POST, "/v1/apis/crm/credentials:rotate", stage.account.user, ["key": "secret-two"])
        #expect((200..<300).contains(rotated.status), "\(rotated)")
        let tables = ["vault_keys", "vault_records", "vault_previous", "vault_heads"]
        let sealed = try await Operator.sqlite(
            relay.database, tables.map { "SELECT hex(sealed) FROM \($0)" }.joined(separator: " UNION ALL "))
        let traces = sealed.split(separator: "\n").map { Operator.data(hex: $0) }
        #expect(traces.count == 4)
        let before = Operator.bytes(of: relay.database)
        for trace in traces { #expect(before.range(of: trace) != nil) }

        let gone = try await relay.send(.DELETE, "/v1/users/\(stage.account.id)", relay.operatorToken)
        #expect((200..<300).contains(gone.status), "\(gone)")
        expectProblem(try await stage.call("hello"), "UNAUTHORIZED", 401)
        for round in 0..<2 {
            for table in tables + ["vault_history", "apis"] {
                let count = try await Operator.sqlite(
                    relay.database, "SELECT count(*) FROM \(table) WHERE user_id = '\(stage.account.id)'")
                #expect(count == "0", "\(table)")
            }
            let bytes = Operator.bytes(of: relay.database)
            for (index, trace) in traces.enumerated() {
                #expect(bytes.range(of: trace) == nil, "round \(round): a trace of \(tables[index])")
            }
            try await Operator.sqlite(relay.database, "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try await stage.connector.stop()
        try await relay.stop()
        #expect(try await relay.auditVerifies())
    }
}
