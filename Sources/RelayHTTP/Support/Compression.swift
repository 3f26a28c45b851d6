import Administration
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import Pipeline
import Registry

/// Compression of the relay's own JSON with gzip, for clients that ask for it (RFC 9110, section 12.5.3). Answers of raw
/// calls stay as the API sent them.
///
/// An entity tag stays the same: it names a definition's version, which `If-Match` means whatever the coding was.
enum Compression {
    /// Answers smaller than this are sent as they are, in bytes: they fit into a packet or two.
    private static let least = 2048
    /// Answers of this many bytes and more are compressed away from the event loop. That much JSON takes zlib's fastest
    /// level about 0.06 ms.
    static let long = 16 << 10
    /// The most that is compressed in one turn, in bytes.
    private static let piece = 256 << 10

    /// Whether the client takes gzip.
    static func accepts(_ headers: HTTPFields) -> Bool {
        headers[.acceptEncoding].map { accepts($0) } ?? false
    }

    private static func accepts(_ field: String) -> Bool {
        var isAny = false
        for member in field.lowercased().split(separator: ",") {
            let parts = member.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            let isRefused = parts.dropFirst().contains { part in
                part.hasPrefix("q=") && Double(part.dropFirst(2)).map { $0 <= 0 } ?? true
            }
            switch parts.first {
            case "gzip", "x-gzip": return !isRefused
            case "*": isAny = !isRefused
            default: break
            }
        }
        return isAny
    }

    /// Compresses a JSON answer where that pays, and says what it depends on.
    ///
    /// - Parameters:
    ///   - work: where long answers are compressed. A full pool delays them and does not refuse them: each holds one turn at
    ///     a time.
    ///   - user: whose share of the pool they take.
    static func apply(
        to headers: inout HTTPFields, _ body: ResponseBody, for request: Request, on work: WorkPool,
        user: @autoclosure () -> String
    ) -> ResponseBody {
        guard isJSON(headers), headers[.contentEncoding] == nil else { return body }
        headers[.vary] = "accept-encoding"
        guard accepts(request.headers), body.contentLength.map({ $0 >= least }) ?? true, request.method != .head else {
            return body
        }
        headers[.contentEncoding] = "gzip"
        headers[.contentLength] = nil
        let user = user()
        return ResponseBody { writer in
            try await body.write(
                Writer(
                    parent: writer, deflater: Deflater(), work: work, user: user,
                    isLong: body.contentLength.map { $0 >= long } ?? false))
        }
    }

    /// Whether a JSON answer of so many bytes is compressed for a client that sent these headers.
    static func pays(for bytes: Int, _ headers: HTTPHeaders) -> Bool {
        bytes >= least && headers["accept-encoding"].contains { accepts($0) }
    }

    /// Compresses a whole answer, away from the loop where it is long.
    ///
    /// - Parameter done: called on `loop` with the compressed answer, or with nil where there is no memory for it.
    static func compress(
        _ body: ByteBuffer, for user: String, _ work: WorkPool, on loop: any EventLoop,
        _ done: @escaping (ByteBuffer?) -> Void
    ) {
        guard body.readableBytes >= long else { return done((try? Deflater())?.write(body, isLast: true)) }
        let done = NIOLoopBound(done, eventLoop: loop)
        Task {
            let compressed = try? await compress(body, for: user, work)
            loop.execute { done.value(compressed) }
        }
    }

    /// Compresses in pieces, each a turn of the pool, so that others have theirs between them.
    private static func compress(_ body: ByteBuffer, for user: String, _ work: WorkPool) async throws -> ByteBuffer {
        let deflater = try Deflater()
        var (rest, compressed) = (body, ByteBuffer())
        repeat {
            let bytes = rest.readSlice(length: min(piece, rest.readableBytes)) ?? ByteBuffer()
            let isLast = rest.readableBytes == 0
            let part = try await work.host(for: user, bytes: WorkPool.threshold) {
                deflater.write(bytes, isLast: isLast)
            }
            compressed.writeImmutableBuffer(part)
        } while rest.readableBytes > 0
        return compressed
    }

    private static func isJSON(_ headers: HTTPFields) -> Bool {
        let type = headers[.contentType]?.prefix { $0 != ";" } ?? ""
        return type == "application/json" || type.hasSuffix("+json")
    }

    private struct Writer: ResponseBodyWriter {
        var parent: any ResponseBodyWriter
        let deflater: Deflater
        let work: WorkPool
        let user: String
        /// Whether the answer is known to be long.
        var isLong: Bool

        mutating func write(_ buffer: ByteBuffer) async throws {
            var buffer = buffer
            if buffer.readableBytes >= long { isLong = true }
            while let bytes = buffer.readSlice(length: min(piece, buffer.readableBytes)), bytes.readableBytes > 0 {
                let compressed = try await compress(bytes)
                if compressed.readableBytes > 0 { try await parent.write(compressed) }
            }
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
            let rest = try await compress(ByteBuffer(), isLast: true)
            try await parent.write(rest)
            try await parent.finish(trailingHeaders)
        }

        private func compress(_ bytes: ByteBuffer, isLast: Bool = false) async throws -> ByteBuffer {
            try await work.host(for: user, bytes: isLong ? WorkPool.threshold : 0) {
                deflater.write(bytes, isLast: isLast)
            }
        }
    }
}

/// Compresses what the router answers.
struct CompressionMiddleware: RouterMiddleware {
    let administration: Administration
    let work: WorkPool

    func handle(
        _ request: Request, context: RelayContext, next: (Request, RelayContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.body = Compression.apply(
            to: &response.headers, response.body, for: request, on: work, user: user(of: request))
        return response
    }

    /// The caller's user; empty for a caller without a good token.
    private func user(of request: Request) -> String {
        (try? Authentication.token(request.headers, administration)).map { $0.user ?? $0.id } ?? ""
    }
}
