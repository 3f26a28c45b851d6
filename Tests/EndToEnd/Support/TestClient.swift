import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Value

/// What a server answered.
struct Answer: Sendable, CustomStringConvertible {
    let status: Int
    let headers: HTTPHeaders
    let bytes: ByteBuffer

    var text: String { String(buffer: bytes) }
    /// The body as JSON; `null` where it is none.
    var json: JSON { (try? JSON.parse(bytes.readableBytesView)) ?? .null }
    /// The problem's code (RFC 9457 with the relay's members).
    var code: String? { json["code"]?.string }
    var stage: String? { json["stage"]?.string }
    var requestID: String? { json["request_id"]?.string }
    var description: String { "\(status) \(headers)\n\(text.prefix(2000))" }
}

/// HTTP clients that trust the tests' CA and nothing else. They live as long as the test process.
enum TestClient {
    static let http1 = Result { try make(.http1Only) }
    static let http2 = Result { try make(.automatic) }

    private static func make(_ version: HTTPClient.Configuration.HTTPVersion) throws -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: try Certificates.shared.get().clientConfiguration(
                alpn: version == .http1Only ? ["http/1.1"] : ["h2", "http/1.1"]),
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10)))
        configuration.httpVersion = version
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }

    /// One exchange, the answer's body whole.
    static func send(
        _ method: HTTPMethod, _ url: String, token: String? = nil, headers: HTTPHeaders = [:],
        body: HTTPClientRequest.Body? = nil, limit: Int = 64 << 20, patience: TimeAmount = .seconds(60),
        client: HTTPClient? = nil
    ) async throws -> Answer {
        let response = try await open(
            method, url, token: token, headers: headers, body: body, patience: patience, client: client)
        return Answer(
            status: Int(response.status.code), headers: response.headers,
            bytes: try await response.body.collect(upTo: limit))
    }

    /// One exchange, the answer's body as it comes.
    static func open(
        _ method: HTTPMethod, _ url: String, token: String? = nil, headers: HTTPHeaders = [:],
        body: HTTPClientRequest.Body? = nil, patience: TimeAmount = .minutes(10), client: HTTPClient? = nil
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers = headers
        if let token { request.headers.replaceOrAdd(name: "authorization", value: "Bearer \(token)") }
        request.body = body
        let client = try client ?? http1.get()
        do {
            return try await client.execute(request, timeout: patience)
        } catch ChannelError.ioOnClosedChannel {
            // The pool gave a connection that a server had just closed, as one that was killed has: nothing was sent.
            return try await client.execute(request, timeout: patience)
        }
    }
}
