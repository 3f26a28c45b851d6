import Audit
import Failure
import Testing

@Suite("Reconciling")
struct AuditReconcilerTests {
    func relay(_ number: Int, status: Int? = 200, session: String? = "s1") -> AuditRecord {
        var one = record(number)
        one.time = Int64(number) * 1_000_000
        one.upstreamStatus = status
        one.route = .tunnel(id: "tun1", connector: "c", session: session)
        return one
    }

    func connector(_ number: Int, status: Int = 200, decision: String = "allowed", error: String? = nil)
        -> String
    {
        let failure = error.map { #","error":"\#($0)""# } ?? ""
        let time = Timestamp.text(microseconds: Int64(number) * 1_000_000 + 500)
        return
            #"{"time":"\#(time)","request_id":"01J\#(number)","session":"s1","decision":"\#(decision)","status":\#(status)\#(failure)}"#
    }

    func reconcile(
        _ records: [AuditRecord], _ lines: [String], limit: Int = 100, tunnel: String? = nil, since: Int64? = nil
    ) throws -> (AuditReconciliation.Totals, [String]) {
        var chain = AuditChain.empty
        let log = MemoryAuditLog(entries: records.map { chain.next($0) })
        var rest = lines[...]
        var findings: [String] = []
        var reconciliation = AuditReconciliation(limit: limit)
        let totals = try reconciliation.run(
            log, tunnel: tunnel, since: since, nextLine: { rest.popFirst().map { Array($0.utf8) } },
            report: { findings.append("\($0)") })
        return (totals, findings)
    }

    @Test("A: relay and connector agree where both have every call")
    func agree() throws {
        let (totals, findings) = try reconcile((1...50).map { relay($0) }, (1...50).map { connector($0) })
        #expect(totals.matched == 50 && totals.relay == 50 && totals.connector == 50 && findings.isEmpty)
    }

    @Test("A: a call that only one side has, and one they disagree about, are told")
    func disagree() throws {
        let (totals, findings) = try reconcile(
            [relay(1), relay(2), relay(4, status: 201), relay(5, status: nil)],
            [connector(1), connector(3), connector(4), connector(5), "not json", ""])
        #expect(totals.onlyInRelay == 1 && totals.onlyInConnector == 1 && totals.mismatched == 1)
        #expect(totals.matched == 2 && totals.unreadable == 1)
        #expect(
            findings == [
                "01J4: the relay has status 201, the connector 200 (1970-01-01T00:00:04.000000Z).",
                "01J2: only the relay has it (1970-01-01T00:00:02.000000Z).",
                "01J3: only the connector has it (1970-01-01T00:00:03.000500Z).",
            ])
    }

    @Test("A: an answer the relay has from a call that the connector denied or failed is a disagreement")
    func denied() throws {
        let (totals, _) = try reconcile(
            [relay(1), relay(2), relay(3, status: nil)],
            [
                connector(1, status: 403, decision: "denied", error: "http_request_denied"),
                connector(2, status: 502, error: "connection_refused"),
                connector(3, status: 403, decision: "denied", error: "http_request_denied"),
            ])
        #expect(totals.mismatched == 2 && totals.matched == 1)
    }

    @Test("A: calls that found no session, other tunnels' calls and those outside the time are left out")
    func leftOut() throws {
        var other = relay(3)
        other.route = .tunnel(id: "tun2", connector: nil, session: "s1")
        var direct = relay(4)
        direct.route = .direct
        var begun = relay(6)
        begun.kind = .begin
        let (totals, findings) = try reconcile(
            [relay(1), relay(2, session: nil), other, direct, relay(5), begun], [connector(1), connector(5)],
            tunnel: "tun1", since: 4_000_000)
        #expect(totals.relay == 1 && totals.connector == 1 && totals.matched == 1 && findings.isEmpty)
    }

    @Test("what waits for its counterpart is bounded: the one that waits longest is told")
    func bounded() {
        var reconciler = AuditReconciler(limit: 3)
        var found: [AuditReconciler.Finding] = []
        for number in 1...10_000 {
            let call = AuditReconciler.Call(requestID: "r\(number)", time: "", status: 200)
            if let finding = reconciler.addRelay(call) { found.append(finding) }
            if number % 2 == 0, reconciler.addConnector(call) != nil { Issue.record("\(number) has a counterpart") }
        }
        #expect(reconciler.matched == 5000)
        #expect(found.count == 4998)
        #expect(found.first == .onlyInRelay(.init(requestID: "r1", time: "", status: 200)))
        #expect(reconciler.finish().count == 2)
        #expect(reconciler.finish().isEmpty)
    }
}

extension AuditReconcilerTests {
    @Test("A: what the connector may never have seen is no finding, and what it answered is one")
    func certainty() throws {
        func failed(_ number: Int, _ outcome: String, _ stage: String) -> AuditRecord {
            var one = relay(number, status: nil)
            one.outcome = outcome
            one.stage = stage
            return one
        }
        let unsure = [
            failed(1, "CONNECTION_REFUSED", "tunnel"), failed(2, "TIMEOUT", "origin"), failed(3, "CANCELLED", "relay"),
            failed(4, "OVERLOADED", "connector"),
        ]
        #expect(try reconcile(unsure, []).1.isEmpty)
        #expect(try reconcile(unsure, (1...4).map { connector($0) }).0.matched == 4)
        let sure = [failed(1, "URL_NOT_ALLOWED", "connector"), failed(2, "CONNECTION_REFUSED", "dns")]
        #expect(try reconcile(sure, []).0.onlyInRelay == 2)
    }

    @Test("A: a call that was sent more than once is told of by its attempts")
    func attempts() throws {
        var first = relay(1, status: 503)
        first.kind = .attempt
        first.parent = first.requestID
        var second = relay(2)
        second.kind = .attempt
        second.parent = first.requestID
        var call = relay(1)
        call.attempts = 2
        let (totals, findings) = try reconcile(
            [first, second, call], [connector(1, status: 503), connector(2)])
        #expect(totals.matched == 2 && totals.relay == 2 && findings.isEmpty, "\(findings)")
    }
}
