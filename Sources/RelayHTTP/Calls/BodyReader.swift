import Hummingbird
import NIOCore

/// A request's body, read by one task at a time while it is sent on.
final class BodyReader: @unchecked Sendable {
    // Only the task that pumps the body asks for the next piece; the pieces themselves are values.
    private var iterator: RequestBody.AsyncIterator

    init(_ body: RequestBody) {
        iterator = body.makeAsyncIterator()
    }

    func next() async throws -> ByteBuffer? {
        try await iterator.next()
    }
}
