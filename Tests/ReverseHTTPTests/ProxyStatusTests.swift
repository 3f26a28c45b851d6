import ReverseHTTP
import Testing

@Suite("Proxy-Status")
struct ProxyStatusTests {
    @Test("the connector's member is found among others, whatever its strings hold")
    func member() {
        let field =
            #"other; error=dns_error, penstock-connector; error=connection_refused; details="a, b; penstock-sent"; penstock-sent=?1"#
        let status = ProxyStatus(field)
        #expect(status?.error == .connectionRefused)
        #expect(status?.sent == true)
        #expect(ProxyStatus("other; error=dns_error") == nil)
        #expect(ProxyStatus("penstock-connector; error=dns_error; penstock-sent=?0")?.sent == false)
    }

    @Test("a received status is a number, or there is none")
    func receivedStatus() {
        #expect(
            ProxyStatus("penstock-connector; error=http_protocol_error; received-status=999")?.receivedStatus == 999)
        #expect(ProxyStatus("penstock-connector; error=http_protocol_error")?.receivedStatus == nil)
        #expect(ProxyStatus("penstock-connector; error=x; received-status=y")?.receivedStatus == nil)
    }

    @Test(
        "what the writer writes, the reader reads",
        arguments: [
            ProxyStatus(), ProxyStatus(error: .dnsTimeout),
            ProxyStatus(
                error: .httpProtocolError, details: #"a "quoted" word, a \ and a; penstock-sent=?0"#,
                receivedStatus: 999, sent: true),
            ProxyStatus(error: ProxyErrorType(rawValue: "of_a_later_version"), sent: true),
        ])
    func roundTrip(status: ProxyStatus) {
        #expect(ProxyStatus(status.text) == status)
    }

    @Test("the names on the wire are those that other versions know")
    func wire() {
        let status = ProxyStatus(error: .connectionRefused, details: "no\n listener", receivedStatus: 1, sent: true)
        #expect(
            status.text
                == #"penstock-connector; error=connection_refused; details="no listener"; received-status=1; penstock-sent=?1"#
        )
        #expect(ProxyStatus().text == "penstock-connector")
        #expect(
            TunnelField.allCases.map(\.rawValue).sorted() == [
                "penstock-capabilities", "penstock-deadline-ends", "penstock-deadline-ms",
                "penstock-epoch", "penstock-instance", "penstock-parent-id", "penstock-probe", "penstock-request-id",
                "penstock-slash", "penstock-version",
            ])
    }
}
