import Failure
import HTTPTypes
import Hummingbird
import Testing

@testable import RelayHTTP

struct ProblemTests {
    private let timeout = Problem(
        CallFailure(.timeout, stage: .origin, detail: "No response within 30 s.", sent: true), requestID: "01J")

    @Test("a problem has the members of the interface, in its order")
    func members() {
        let expected =
            #"{"type":"https://penstock.dev/errors/timeout","title":"The API took too long to respond","status":504,"#
            + #""code":"TIMEOUT","stage":"origin","retryable":true,"retry_after_s":null,"sent":true,"#
            + #""upstream_status":null,"request_id":"01J","detail":"No response within 30 s.","#
            + #""resolution":"Increase the timeout or check the API's health."}"#
        #expect(String(decoding: timeout.bytes(), as: UTF8.self) == expected)
    }

    @Test("what the API said, and what is wrong with arguments, is told where there is something to tell")
    func optionalMembers() {
        let failure = CallFailure(
            .invalidRequest, detail: "\u{1}\"\\\n", upstreamBody: "{\t}",
            violations: [.init(pointer: "/a~1b", message: "is too \"long\""), .init(pointer: "", message: "é")])
        let text = String(decoding: Problem(failure, requestID: "x").bytes(), as: UTF8.self)
        #expect(text.contains(#""detail":"\u0001\"\\\n""#))
        #expect(
            text.hasSuffix(
                #""upstream_body":"{\t}","violations":[{"pointer":"/a~1b","message":"is too \"long\""},"#
                    + #"{"pointer":"","message":"é"}]}"#))
    }

    @Test("a response carries the media type, the length and when to try again")
    func response() {
        let failure = CallFailure(.rateLimited, detail: "", retryAfter: 7)
        let response = Problem(failure, requestID: "x").response()
        #expect(response.status.code == 429)
        #expect(response.headers[.contentType] == "application/problem+json")
        #expect(response.headers[.retryAfter] == "7")
        #expect(response.headers[.contentLength] == String(response.body.contentLength ?? 0))
        #expect(
            Problem(CallFailure(.unauthorized, detail: ""), requestID: "x").response().headers[.wwwAuthenticate]
                == "Bearer"
        )
    }
}
