import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
    /// A request as the port hands it to the router.
    static func get(_ path: String, _ headers: HTTPFields = [:]) -> Request {
        Request(
            head: HTTPRequest(method: .get, scheme: nil, authority: nil, path: path, headerFields: headers),
            body: RequestBody(buffer: ByteBuffer()))
    }
}

extension ResponseBody {
    /// The bytes that a connection would send.
    func sent() async throws -> ByteBuffer {
        let sink = Sink()
        try await write(sink)
        return sink.bytes.buffer
    }

    private struct Sink: ResponseBodyWriter {
        final class Bytes: @unchecked Sendable {
            // Written by the one task that asks for the body, and read after it.
            var buffer = ByteBuffer()
        }
        let bytes = Bytes()

        mutating func write(_ buffer: ByteBuffer) async throws { bytes.buffer.writeImmutableBuffer(buffer) }
        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
