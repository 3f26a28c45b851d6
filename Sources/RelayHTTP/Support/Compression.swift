import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOPosix
import Pipeline

/// Compression of the relay's own JSON with gzip, for clients that ask for it (RFC 9110, section 12.5.3). Answers of raw
/// calls stay as the API sent them.
///
/// An entity tag stays the same: it names a definition's version, which `If-Match` means whatever the coding was.
enum Compression {
    /// Answers smaller than this are sent as they are, in bytes: they fit into a packet or two.
    private static let least = 2048
    /// What is compressed at once; anything longer than `onLoop` away from the event loop.
    private static let piece = 256 << 10
    private static let onLoop = 16 << 10

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
    static func apply(to headers: inout HTTPFields, _ body: ResponseBody, for request: Request) -> ResponseBody {
        guard isJSON(headers), headers[.contentEncoding] == nil else { return body }
        headers[.vary] = "accept-encoding"
        guard accepts(request.headers), body.contentLength.map({ $0 >= least }) ?? true, request.method != .head else {
            return body
        }
        headers[.contentEncoding] = "gzip"
        headers[.contentLength] = nil
        return ResponseBody { writer in
            try await body.write(Writer(parent: writer, deflater: Deflater()))
        }
    }

    /// Whether a JSON answer of so many bytes is compressed for a client that sent these headers.
    static func pays(for bytes: Int, _ headers: HTTPHeaders) -> Bool {
        bytes >= least && headers["accept-encoding"].contains { accepts($0) }
    }

    /// Compresses a whole answer, away from the loop where it is long.
    ///
    /// - Parameter done: called on `loop` with the compressed answer; with nil where that cannot be done just now.
    static func compress(
        _ body: ByteBuffer, for user: String, _ work: WorkPool, on loop: any EventLoop,
        _ done: @escaping (ByteBuffer?) -> Void
    ) {
        guard body.readableBytes > onLoop else { return done((try? Deflater())?.write(body, isLast: true)) }
        let done = NIOLoopBound(done, eventLoop: loop)
        Task {
            let compressed = try? await work.run(for: user, bytes: max(body.readableBytes, WorkPool.threshold)) {
                try Deflater().write(body, isLast: true)
            }
            loop.execute { done.value(compressed) }
        }
    }

    private static func isJSON(_ headers: HTTPFields) -> Bool {
        let type = headers[.contentType]?.prefix { $0 != ";" } ?? ""
        return type == "application/json" || type.hasSuffix("+json")
    }

    private struct Writer: ResponseBodyWriter {
        var parent: any ResponseBodyWriter
        let deflater: Deflater

        mutating func write(_ buffer: ByteBuffer) async throws {
            var buffer = buffer
            while let bytes = buffer.readSlice(length: min(piece, buffer.readableBytes)), bytes.readableBytes > 0 {
                let deflater = deflater
                let compressed =
                    bytes.readableBytes <= onLoop
                    ? deflater.write(bytes)
                    : try await NIOThreadPool.singleton.runIfActive { deflater.write(bytes) }
                if compressed.readableBytes > 0 { try await parent.write(compressed) }
            }
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
            try await parent.write(deflater.write(ByteBuffer(), isLast: true))
            try await parent.finish(trailingHeaders)
        }
    }
}

/// Compresses what the router answers.
struct CompressionMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: RelayContext, next: (Request, RelayContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.body = Compression.apply(to: &response.headers, response.body, for: request)
        return response
    }
}
