import Audit
import Failure

/// Records that differ in their request id.
func record(_ number: Int) -> AuditRecord {
    AuditRecord(
        kind: .call, time: 1_767_323_045_000_006, requestID: "01J\(number)", user: "u1", token: "t1", apiID: "a1",
        apiSlug: "my_company_crm", endpoint: "get_customer",
        route: .tunnel(id: "tun1", connector: "inst", session: "s\"1"), outcome: "OK", method: "GET",
        pathTemplate: "/customers/{customer_id}", upstreamStatus: 200, requestBytes: 0, responseBytes: 85,
        times: [.init("policy", microseconds: 120), .init("origin", microseconds: 900)])
}

/// `count` records chained from the start.
func chained(_ count: Int) -> [AuditEntry] {
    var chain = AuditChain.empty
    return (1...count).map { chain.next(record($0)) }
}
