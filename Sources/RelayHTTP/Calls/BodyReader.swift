import Hummingbird
import NIOCore

/// A request's body, read by one task at a time; what stops reading leaves the rest to whoever comes next. There is one
/// reader a request: the server lets a body be iterated once only, and stops the process of who tries again.
final class BodyReader: @unchecked Sendable {
    // Only the task that pumps the body asks for the next piece; the pieces themselves are values.
    private let body: RequestBody
    private var iterator: RequestBody.AsyncIterator?

    init(_ body: RequestBody) { self.body = body }

    func next() async throws -> ByteBuffer? {
        if iterator == nil { iterator = body.makeAsyncIterator() }
        return try await iterator?.next()
    }

    /// The rest of the body in one piece; nil if it is larger than `limit` bytes.
    func collect(upTo limit: Int) async throws -> ByteBuffer? {
        var all = ByteBuffer()
        while var chunk = try await next() {
            guard all.readableBytes + chunk.readableBytes <= limit else { return nil }
            if all.readableBytes == 0 { all = chunk } else { all.writeBuffer(&chunk) }
        }
        return all
    }
}
