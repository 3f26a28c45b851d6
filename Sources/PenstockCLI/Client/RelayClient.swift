import AsyncHTTPClient
import Dialling
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import Value
import Version

/// Speaks to the relay's HTTP API as the holder of one token.
struct RelayClient: Sendable {
    /// What came back, with a status below 300.
    struct Answer: Sendable {
        let status: Int
        /// `null` when there was no body.
        let body: JSON
        let etag: String?
        /// From before the request was sent until the body was here.
        let elapsed: Duration
    }

    /// The largest answer that is read, in bytes.
    private static let largestAnswer = 32 << 20
    /// A whole exchange. The relay's own deadlines are shorter and say more.
    private static let deadline = TimeAmount.seconds(120)

    let address: RelayAddress
    let token: Token
    let http: HTTPClient
    let logger: Logger

    /// Runs `body` with a client that trusts the system's roots and those in `caFile`.
    static func with<Result>(
        _ address: RelayAddress, token: Token, caFile: String?, logger: Logger,
        _ body: (RelayClient) async throws -> Result
    ) async throws -> Result {
        let configuration = try configuration(address, caFile: caFile)
        return try await HTTPClient.withHTTPClient(configuration: configuration) { http in
            try await body(RelayClient(address: address, token: token, http: http, logger: logger))
        }
    }

    /// Certificates are always checked; redirects are not followed, so that the token goes nowhere else.
    static func configuration(
        _ address: RelayAddress, caFile: String?
    ) throws(CommandFailure) -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let caFile {
            do {
                tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(caFile))]
            } catch {
                throw CommandFailure(
                    .usage, "cannot read certificates from \(caFile)",
                    notes: ["The file must hold PEM text: -----BEGIN CERTIFICATE-----."])
            }
        }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(10)), decompression: .disabled)
        configuration.networkFrameworkWaitForConnectivity = false
        // Of a command, the person who waits is told at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let identity = address.identity {
            let check: @Sendable (any Channel) -> EventLoopFuture<Void> = { Self.check($0, is: identity) }
            configuration.http1_1ConnectionDebugInitializer = check
            configuration.http2ConnectionDebugInitializer = check
        }
        return configuration
    }

    /// Looks at the certificate of a connection before a request may use it: AsyncHTTPClient takes one that is for the
    /// relay's address only, see ``TLSClient``.
    private static func check(_ channel: any Channel, is identity: ServerIdentity) -> EventLoopFuture<Void> {
        channel.eventLoop.flatSubmit {
            let certificate = try? channel.pipeline.syncOperations.nioSSL_peerCertificate()
            if let certificate, identity.matches(certificate) { return channel.eventLoop.makeSucceededVoidFuture() }
            channel.close(promise: nil)
            return channel.closeFuture.flatMapThrowing { throw TLSClient.WrongName() }
        }
    }

    /// Sends one request.
    ///
    /// - Parameter deadline: of the whole exchange.
    /// - Throws: ``CommandFailure``: refused, with the relay's problem; or not reachable.
    func send(
        _ method: HTTPMethod, _ path: RelayPath, _ body: JSON? = nil, headers: [(String, String)] = [],
        within deadline: TimeAmount = Self.deadline
    ) async throws(CommandFailure) -> Answer {
        try await send(
            method, path, content: body.map { ("application/json", $0.bytes()) }, headers: headers, within: deadline)
    }

    /// Sends one request with a body of any type.
    func send(
        _ method: HTTPMethod, _ path: RelayPath, content: (type: String, bytes: [UInt8])?,
        headers: [(String, String)] = [], within deadline: TimeAmount = Self.deadline
    ) async throws(CommandFailure) -> Answer {
        var request = HTTPClientRequest(url: "\(address.text)\(path)")
        request.method = method
        request.headers = HTTPHeaders(headers)
        request.headers.add(name: "Authorization", value: "Bearer \(token.text)")
        request.headers.add(name: "Accept", value: "application/json, application/problem+json")
        request.headers.add(name: "User-Agent", value: "penstock/\(Version.text)")
        if let content {
            request.headers.add(name: "Content-Type", value: content.type)
            request.body = .bytes(content.bytes)
        }
        let clock = ContinuousClock()
        let start = clock.now
        let (response, bytes) = try await exchange(request, within: deadline)
        let elapsed = start.duration(to: clock.now)
        let status = Int(response.status.code)
        logger.debug(
            "answered",
            metadata: ["method": "\(method)", "path": "\(path)", "status": "\(status)", "took": "\(elapsed.short)"])
        let json = try? JSON.parse(bytes)
        guard status < 300 else { throw Problem.failure(status: status, body: json) }
        guard bytes.isEmpty || json != nil else { throw Problem.failure(status: status, body: nil) }
        return Answer(
            status: status, body: json ?? .null, etag: response.headers.first(name: "ETag"), elapsed: elapsed)
    }

    /// All items of a list, page after page.
    func list(_ path: RelayPath) async throws(CommandFailure) -> [JSON] {
        var items: [JSON] = []
        var page = path
        while true {
            let answer = try await send(.GET, page)
            items += answer.body["items"]?.array ?? []
            guard let cursor = answer.body["next_cursor"]?.string, !cursor.isEmpty else { return items }
            page = path.query("cursor", cursor)
        }
    }

    private func exchange(
        _ request: HTTPClientRequest, within deadline: TimeAmount
    ) async throws(CommandFailure) -> (HTTPClientResponse, [UInt8]) {
        do {
            let response = try await http.execute(request, timeout: deadline, logger: nil)
            let body = try await response.body.collect(upTo: Self.largestAnswer)
            return (response, Array(body.readableBytesView))
        } catch {
            throw Unreachable.failure(error, address)
        }
    }
}
