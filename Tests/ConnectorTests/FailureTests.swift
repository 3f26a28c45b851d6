import EgressPolicy
import NIOCore
import NIOHTTP1
import Testing

@testable import Connector
@testable import ReverseHTTP

/// Origins that fail, and what the caller is told.
@Suite struct FailureTests {
    @Test func aDeadOriginIsConnectionRefusedAndNothingWasSent() async throws {
        try await Rig.with([.init(origin: "http://127.0.0.1:1")]) { rig in
            let answer = try await rig.call(authority: "127.0.0.1:1")
            #expect(answer.status == 502 && answer.proxyError == "connection_refused" && answer.isSent == false)
        }
    }

    @Test func anUnknownNameIsADNSError() async throws {
        let resolver = NameResolver(threads: 1) { _ throws(Failure) in throw Failure(.dnsError, "no such name") }
        try await Rig.with([.init(origin: "http://gone.test")], resolver: resolver) { rig in
            let answer = try await rig.call(authority: "gone.test")
            #expect(answer.status == 502 && answer.proxyError == "dns_error" && answer.isSent == false)
        }
    }

    @Test func aResolverThatHangsIsADNSTimeout() async throws {
        let gate = Gate()
        let resolver = NameResolver(threads: 1) { _ throws(Failure) in
            gate.wait()
            throw Failure(.dnsError)
        }
        try await Rig.with(
            [.init(origin: "http://slow.test")], resolver: resolver,
            configure: { $0.limits.connectTimeout = .milliseconds(50) }
        ) { rig in
            let answer = try await rig.call(authority: "slow.test")
            #expect(answer.status == 504 && answer.proxyError == "dns_timeout")
            gate.open()
        }
    }

    @Test func anOriginThatClosesBeforeItsHeadIsConnectionTerminated() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            if connection.seen.requests.last?.contains("/mid") == true { try await connection.write("HTTP/1.1 20") }
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                for path in ["/none", "/mid"] {
                    let answer = try await rig.call("POST", path, authority: origin.authority, body: "x")
                    #expect(answer.status == 502 && answer.proxyError == "connection_terminated")
                    #expect(answer.isSent == true)
                }
            }
        }
    }

    @Test func anOriginThatClosesMidBodyResetsTheStream() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                let error = await #expect(throws: StreamError.self) {
                    _ = try await rig.call(authority: origin.authority)
                }
                #expect(error?.wireCode == .internalError)
            }
        }
    }

    @Test func aDeadlineThatPassesIsAResponseTimeoutAndClosesTheOriginConnection() async throws {
        let (closed, close) = AsyncStream.makeStream(of: Void.self)
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try? await connection.untilClosed()
            close.yield()
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                // On a busy machine a short deadline may pass before the request has left.
                for milliseconds in ["100", "1000", "10000"] {
                    let answer = try await rig.call(
                        authority: origin.authority, headers: ["penstock-deadline-ms": milliseconds])
                    #expect(answer.status == 504)
                    guard answer.isSent == true else { continue }
                    #expect(answer.proxyError == "http_response_timeout")
                    var ends = closed.makeAsyncIterator()
                    await ends.next()
                    return
                }
                Issue.record("no request left within its deadline")
            }
        }
    }

    @Test func aDeadlineThatPassesMidBodyIsToldFromABrokenConnectionByItsCode() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
            try? await connection.untilClosed()
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                // On a busy machine a deadline may pass before there is a head, which is answered.
                for milliseconds in ["100", "1000", "10000"] {
                    do {
                        let answer = try await rig.call(
                            authority: origin.authority, headers: ["penstock-deadline-ms": milliseconds])
                        #expect(answer.status == 504 && milliseconds != "10000")
                    } catch let error as StreamError {
                        #expect(error.wireCode == .cancel)
                        break
                    }
                }
            }
        }
    }

    @Test(arguments: ["-1", "soon", "99999999999999999999"])
    func aDeadlineThatIsNoNumberIsRefused(text: String) async throws {
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            try await Rig.with([origin.rule]) { rig in
                let answer = try await rig.call(authority: origin.authority, headers: ["penstock-deadline-ms": text])
                #expect(answer.status == 400 && answer.proxyError == "http_request_error")
            }
        }
    }

    @Test func aConnectionThatWentStaleIsReplacedForARequestThatCanBeRepeated() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.answer("\(connection.number)")
            // The first connection ends as the second request arrives on it, without an answer.
            if connection.number == 1 {
                _ = try await connection.head()
            } else {
                try await connection.untilClosed()
            }
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig async throws in
                #expect(try await rig.call(authority: origin.authority).body == "1")
                #expect(try await rig.call(authority: origin.authority).body == "2")
                #expect(origin.seen.requests.count == 3)
            }
        }
    }

    @Test func aPOSTOnAConnectionThatWentStaleIsNotSentTwice() async throws {
        let script: @Sendable (FakeOrigin.Connection) async throws -> Void = { connection in
            _ = try await connection.head()
            try await connection.answer("\(connection.number)")
            _ = try await connection.head()
        }
        try await FakeOrigin.with(script: script) { origin in
            try await Rig.with([origin.rule]) { rig in
                #expect(try await rig.call(authority: origin.authority).body == "1")
                let answer = try await rig.call("POST", "/", authority: origin.authority, body: "x")
                #expect(answer.status == 502 && answer.isSent == true)
                #expect(origin.seen.requests.count == 2)
            }
        }
    }

    @Test func detailsAreQuotedAndNeverLeaveTheirField() {
        let failure = Failure(.dnsError, "a \"b\" \\ \r\n\u{fc}")
        #expect(
            failure.proxyStatus(isSent: false).text
                == "penstock-connector; error=dns_error; details=\"a \\\"b\\\" \\\\ \"; penstock-sent=?0")
    }
}
