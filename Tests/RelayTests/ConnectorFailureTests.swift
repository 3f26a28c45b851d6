import Failure
import ReverseHTTP
import Testing

@testable import Relay

@Suite("the connector's failures, as callers see them")
struct ConnectorFailureTests {
    @Test("what the origin answered, where that is no status, is upstream_status")
    func receivedStatus() throws {
        let field = "penstock-connector; error=http_protocol_error; received-status=999; penstock-sent=?1"
        let failure = CallFailure(try #require(ProxyStatus(field)))
        #expect(failure.code == .upstreamError && failure.upstreamStatus == 999 && failure.sent)
    }

    @Test(
        "error types map to the error table",
        arguments: [
            ("http_request_denied", ErrorCode.urlNotAllowed, Stage.connector), ("dns_error", .connectionRefused, .dns),
            ("connection_refused", .connectionRefused, .tcp), ("connection_timeout", .timeout, .tcp),
            ("http_response_timeout", .timeout, .origin), ("tls_certificate_error", .sslError, .tls),
            ("http_response_body_size", .responseTooLarge, .connector),
            ("http_protocol_error", .upstreamError, .origin),
            ("connection_limit_reached", .overloaded, .connector), ("of_a_later_version", .overloaded, .connector),
        ])
    func table(type: String, code: ErrorCode, stage: Stage) throws {
        let failure = CallFailure(try #require(ProxyStatus("penstock-connector; error=\(type)")))
        #expect(failure.code == code)
        #expect(failure.stage == stage)
    }
}
