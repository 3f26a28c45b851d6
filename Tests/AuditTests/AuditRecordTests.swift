import Audit
import Testing
import Value

@Suite("Audit record")
struct AuditRecordTests {
    @Test("A: a record's text is JSON with who, what, route, outcome, bytes, times and its place in the chain")
    func text() throws {
        let entry = chained(2)[1]
        let json = try JSON.parse(entry.text)
        let expected = """
            {"kind":"call","time":"2026-01-02T03:04:05.000006Z","request_id":"01J2","user_id":"u1","token_id":"t1",
            "api_id":"a1","api":"my_company_crm","endpoint":"get_customer","route":"tunnel","tunnel_id":"tun1",
            "connector":"inst","session":"s\\"1","outcome":"OK","method":"GET","path":"/customers/{customer_id}",
            "upstream_status":200,"request_bytes":0,"response_bytes":85,"times_us":{"policy":120,"origin":900},
            "sequence":2,"previous":"\(chained(1)[0].hash)"}
            """
        #expect(try json == JSON.parse(expected))
        #expect(entry.hash == AuditHash(of: entry.bytes))
        #expect(!entry.text.contains(UInt8(ascii: "\n")))
    }

    @Test("a record with little to say leaves the rest out")
    func sparse() throws {
        var chain = AuditChain.empty
        let entry = chain.next(
            AuditRecord(
                kind: .admin, time: 0, requestID: "r", user: "u1", outcome: "OK", action: "api.put", target: "a1"))
        let json = try #require(try JSON.parse(entry.text).object)
        #expect(
            json.keys == [
                "kind", "time", "request_id", "user_id", "outcome", "action", "target", "sequence", "previous",
            ])
    }

    @Test(
        "times are written as RFC 3339",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000000Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (-1, "1969-12-31T23:59:59.999999Z"), (4_107_542_399_123_456, "2100-02-28T23:59:59.123456Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        ])
    func timestamps(microseconds: Int64, text: String) {
        #expect(Timestamp.text(microseconds: microseconds) == text)
    }
}
