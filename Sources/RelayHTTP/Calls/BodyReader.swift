import Hummingbird
import NIOCore
import Synchronization

/// A request's body, read by one task at a time; what stops reading leaves the rest to whoever comes next. There is one
/// reader a request: the server lets a body be iterated once only, and stops the process of who tries again.
final class BodyReader: @unchecked Sendable {
    // Only the task that pumps the body asks for the next piece; the pieces themselves are values.
    private let body: RequestBody
    private var iterator: RequestBody.AsyncIterator?
    private let state = Atomic<UInt8>(State.untouched)

    private enum State {
        static let untouched: UInt8 = 0
        static let reading: UInt8 = 1
        static let ended: UInt8 = 2
    }

    init(_ body: RequestBody) { self.body = body }

    func next() async throws -> ByteBuffer? {
        if iterator == nil {
            iterator = body.makeAsyncIterator()
            state.store(State.reading, ordering: .relaxed)
        }
        let bytes = try await iterator?.next()
        if bytes == nil, !Task.isCancelled { state.store(State.ended, ordering: .relaxed) }
        return bytes
    }

    /// The next piece that is not empty, as some clients' last one is.
    func nextBytes() async throws -> ByteBuffer? {
        while let bytes = try await next() {
            if bytes.readableBytes > 0 { return bytes }
        }
        return nil
    }

    /// Whether the body has been read in part; any task. A task that is cancelled while it reads leaves it so for good.
    var isUnderWay: Bool { state.load(ordering: .relaxed) == State.reading }

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
