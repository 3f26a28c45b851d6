import EgressPolicy
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import Egress

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A client for as long as `body` runs. Loopback is open, unless a test says otherwise.
func withClient<R: Sendable>(
    resolver: any NameResolving = FakeResolver(), _ configure: (inout EgressConfiguration) -> Void = { _ in },
    _ body: (EgressClient) async throws -> R
) async throws -> R {
    var configuration = EgressConfiguration(rules: EgressRules(allowPrivate: [try CIDR("127.0.0.0/8")]))
    configuration.tlsTimeout = .minutes(5)
    configure(&configuration)
    let client = EgressClient(configuration: configuration, resolver: resolver, logger: quiet)
    try client.start()
    let result: Result<R, any Error>
    do {
        result = .success(try await body(client))
    } catch {
        result = .failure(error)
    }
    await client.shutdown()
    #expect(client.gauges == EgressGauges())
    return try result.get()
}

/// Names as a test says, each with the answers of one lookup after another; the last stays.
final class FakeResolver: NameResolving {
    private let answers: Mutex<[String: [[IPAddress]]]>

    init(_ answers: [String: [[IPAddress]]] = ["origin.test": [[.loopback]]]) { self.answers = Mutex(answers) }

    func addresses(of name: String, deadline: NIODeadline) async throws(EgressError) -> [IPAddress] {
        let found = answers.withLock { answers -> [IPAddress]? in
            guard var left = answers[name], let first = left.first else { return nil }
            if left.count > 1 { left.removeFirst() }
            answers[name] = left
            return first
        }
        guard let found else { throw EgressError(.nameNotFound) }
        return found
    }

    func close() {}
}

extension IPAddress {
    static let loopback = IPAddress.v4(0x7f00_0001)
}

extension EgressRequest {
    /// To `origin.test` at `port`, with all the time that a test may take.
    static func to(
        _ port: Int, _ target: String = "/", method: String = "GET", host: String = "origin.test",
        scheme: Scheme = .http, headers: HTTPHeaders = [:], body: EgressBody = .none, user: String = "u1",
        _ change: (inout EgressRequest) -> Void = { _ in }
    ) throws -> EgressRequest {
        var request = EgressRequest(
            method: method, origin: Origin(scheme: scheme, host: try Host(host), port: port), target: target,
            headers: headers, body: body, isolation: EgressIsolation(user: user), deadline: .now() + .minutes(10))
        request.connectTimeout = .minutes(5)
        request.idleTimeout = .minutes(5)
        change(&request)
        return request
    }
}

/// A whole answer.
struct Whole: Sendable {
    var status: Int
    var version: HTTPVersion
    var headers: HTTPHeaders
    var body: String
    var isReused: Bool
    var remoteAddress: String
    var certificateExpiry: Int64?
}

extension EgressClient {
    /// Sends a request and reads the whole answer.
    func whole(_ request: EgressRequest) async throws -> Whole {
        try await send(request) { response in
            Whole(
                status: response.status, version: response.httpVersion, headers: response.headers,
                body: try await response.text(), isReused: response.isReused, remoteAddress: response.remoteAddress,
                certificateExpiry: response.certificateExpiry)
        }
    }

    /// The error that a request ends with; nil where it succeeds.
    func error(_ request: EgressRequest) async -> EgressError? {
        do {
            _ = try await whole(request)
            return nil
        } catch {
            return error as? EgressError
        }
    }

    /// Expects that a request ends with `error`, before the head or in the body.
    func expect(_ error: EgressError, from request: EgressRequest, at place: SourceLocation = #_sourceLocation) async {
        await #expect(throws: error, sourceLocation: place) { try await whole(request) }
    }
}

extension EgressResponse {
    func text() async throws -> String {
        switch body {
        case .whole(let bytes): return bytes.map { String(buffer: $0) } ?? ""
        case .streamed(let next):
            var text = ""
            while let bytes = try await next() { text += String(buffer: bytes) }
            return text
        }
    }

    /// What a streamed body has next; nil for its end, and where it has come whole.
    func next() async throws -> ByteBuffer? {
        if case .streamed(let next) = body { try await next() } else { nil }
    }
}
