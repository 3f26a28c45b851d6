import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("Rows of the vault that somebody moves in the file", .serialized, .timeLimit(.minutes(4)))
struct OperatorTamperTests {
    /// A change of the vault's rows, by sqlite3(1), and the API whose call must then be refused.
    struct Tampering: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sql: String
        var refused = ["crm"]
    }

    /// `A` is the user with `crm` and `erp`, `B` another; `CRM` and `ERP` are ids of APIs.
    private static let tamperings = [
        Tampering(
            testDescription: "two APIs' rows swapped",
            sql: """
                CREATE TEMP TABLE kept AS SELECT api_id, version, sealed FROM vault_records WHERE user_id = 'A';
                UPDATE vault_records SET (version, sealed) =
                    (SELECT version, sealed FROM kept WHERE kept.api_id <> vault_records.api_id) WHERE user_id = 'A';
                """, refused: ["crm", "erp"]),
        Tampering(
            testDescription: "another API's row copied",
            sql: """
                UPDATE vault_records SET sealed = (SELECT sealed FROM vault_records WHERE api_id = 'ERP')
                WHERE api_id = 'CRM';
                """),
        Tampering(
            testDescription: "another API's row copied with its version, its name changed",
            sql: """
                DELETE FROM vault_records WHERE api_id = 'CRM';
                UPDATE vault_records SET api_id = 'CRM' WHERE api_id = 'ERP';
                """, refused: ["crm", "erp"]),
        Tampering(
            testDescription: "another user's row copied",
            sql: """
                UPDATE vault_records SET sealed = (SELECT sealed FROM vault_records WHERE user_id = 'B')
                WHERE api_id = 'CRM';
                """),
        Tampering(
            testDescription: "another user's key, head and row put in the place of this one's",
            sql: """
                UPDATE vault_keys SET sealed = (SELECT sealed FROM vault_keys WHERE user_id = 'B') WHERE user_id = 'A';
                UPDATE vault_heads SET (counter, sealed) =
                    (SELECT counter, sealed FROM vault_heads WHERE user_id = 'B') WHERE user_id = 'A';
                UPDATE vault_records SET (version, sealed) =
                    (SELECT version, sealed FROM vault_records WHERE user_id = 'B') WHERE api_id = 'CRM';
                """, refused: ["crm", "erp"]),
        Tampering(
            testDescription: "an earlier value put back",
            sql: """
                UPDATE vault_records SET (version, sealed) = (SELECT version, sealed FROM earlier) WHERE api_id = 'CRM';
                """),
        Tampering(
            testDescription: "an earlier value put back under the present version",
            sql: "UPDATE vault_records SET sealed = (SELECT sealed FROM earlier) WHERE api_id = 'CRM';"),
        Tampering(
            testDescription: "the row removed", sql: "DELETE FROM vault_records WHERE api_id = 'CRM';"),
        Tampering(
            testDescription: "the head removed", sql: "DELETE FROM vault_heads WHERE user_id = 'A';",
            refused: ["crm", "erp"]),
        Tampering(
            testDescription: "one bit changed",
            sql: "UPDATE vault_records SET sealed = x'FLIPPED' WHERE api_id = 'CRM';"),
    ]

    @Test("C1: each call is CREDENTIAL_MISSING and nothing is sent; other users' calls go on")
    func moved() async throws {
        let stage = try await Stage.make(authentication: Definitions.apiKey("crm-key-1"))
        let relay = stage.relay
        try await relay.apply(
            Definitions.api(
                "erp", stage.origin.url, tunnel: stage.tunnel.id, authentication: Definitions.apiKey("erp-key")),
            stage.account)
        let other = try await relay.newAccount("bob")
        let tunnel = try await relay.newTunnel(other)
        let connector = try await TestConnector(
            relay, token: tunnel.token, allow: [TestConnector.allow(stage.origin.url)])
        try await relay.apply(
            Definitions.api("crm", stage.origin.url, tunnel: tunnel.id, authentication: Definitions.apiKey("bob-key")),
            other)
        let ids = try await Operator.sqlite(
            relay.database, "SELECT slug || '=' || id FROM apis WHERE user_id = '\(stage.account.id)' ORDER BY slug")
        let names = Dictionary(
            uniqueKeysWithValues: ids.split(separator: "\n").map { ($0.prefix(3).uppercased(), $0.dropFirst(4)) })
        // The value that is put back later.
        let earlier = try await Operator.sqlite(
            relay.database,
            """
            SELECT version || ', x''' || hex(sealed) || '''' FROM vault_records WHERE api_id = '\(names["CRM"] ?? "")'
            """)
        _ = try await relay.send(.PUT, "/v1/apis/crm/credentials", stage.account.user, ["key": "crm-key-2"])
        try await stage.expectCall(key: "crm-key-2")
        var flipped = try await Operator.sqlite(
            relay.database, "SELECT hex(sealed) FROM vault_records WHERE api_id = '\(names["CRM"] ?? "")'")
        flipped.append(flipped.removeLast() == "0" ? "1" : "0")
        for connector in [stage.connector, connector] { try await connector.stop() }
        try await relay.stop()
        let whole = relay.folder / "whole.db"
        try FileManager.default.copyItem(atPath: relay.database, toPath: whole)

        for tampering in Self.tamperings {
            var sql = tampering.sql.replacing("'A'", with: "'\(stage.account.id)'")
                .replacing("'B'", with: "'\(other.id)'")
            sql = sql.replacing("FLIPPED", with: flipped)
            for (name, id) in names { sql = sql.replacing("'\(name)'", with: "'\(id)'") }
            sql =
                "CREATE TEMP TABLE earlier (version, sealed); INSERT INTO earlier VALUES (\(earlier)); BEGIN; \(sql) COMMIT;"
            try await Operator.sqlite(relay.database, sql)
            try await relay.start()
            // Started anew, they need not wait before they dial.
            for connector in [stage.connector, connector] { try await connector.start() }
            let sent = stage.origin.seen.count
            for slug in tampering.refused {
                let answer = try await stage.call("hello", slug: slug)
                #expect(answer.code == "CREDENTIAL_MISSING", "\(tampering.testDescription): \(answer)")
                #expect(answer.json["sent"] == false)
                #expect(stage.origin.seen.count == sent, "\(tampering.testDescription): something was sent")
            }
            if !tampering.refused.contains("erp") { try await stage.expectCall(key: "erp-key", slug: "erp") }
            let theirs = try await relay.call("crm", "hello", token: other.agent)
            #expect(theirs.status == 200, "\(tampering.testDescription): \(theirs)")
            #expect(stage.shownKey == "bob-key")
            for connector in [stage.connector, connector] { try await connector.kill() }
            try await relay.kill()
            for suffix in ["", "-wal", "-shm"] { unlink(relay.database + suffix) }
            try FileManager.default.copyItem(atPath: whole, toPath: relay.database)
        }
        try await relay.start()
        try await stage.connector.start()
        try await stage.expectCall(key: "crm-key-2")
        try await stage.end()
    }

    @Test("C1: a row put back while the relay serves changes no call")
    func whileServing() async throws {
        let stage = try await Stage.make(authentication: Definitions.apiKey("one"))
        let earlier = try await Operator.sqlite(
            stage.relay.database, "SELECT version || ', x''' || hex(sealed) || '''' FROM vault_records")
        _ = try await stage.relay.send(.PUT, "/v1/apis/crm/credentials", stage.account.user, ["key": "two"])
        try await Operator.sqlite(
            stage.relay.database, "UPDATE vault_records SET (version, sealed) = (\(earlier))")
        try await stage.expectCall(key: "two")
        try await stage.end()
    }
}
