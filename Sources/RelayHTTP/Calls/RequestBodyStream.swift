import NIOCore
import Synchronization

/// A request's body on its way to the API: pieces come on the client's event loop and are taken by one task at a time.
final class RequestBodyStream: Sendable {
    private struct State {
        var pieces = CircularBuffer<ByteBuffer>(initialCapacity: 4)
        var bytes = 0
        var isEnded = false
        var isAbandoned = false
        /// The client is not read from until there is room again.
        var isFull = false
        var taker: CheckedContinuation<ByteBuffer?, any Error>?
    }

    /// Bytes that wait before the client is read no further, and before it is again.
    private static let most = 256 << 10
    private static let few = 64 << 10

    private let eventLoop: any EventLoop
    private let hasRoom: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameter hasRoom: called on the event loop when more is wanted, after ``add(_:)`` said that it was not.
    init(on eventLoop: any EventLoop, hasRoom: @escaping @Sendable () -> Void) {
        self.eventLoop = eventLoop
        self.hasRoom = hasRoom
    }

    /// Adds a piece that has come.
    ///
    /// - Returns: whether more is wanted now.
    func add(_ bytes: ByteBuffer) -> Bool {
        let (taker, isFull) = state.withLock { state -> (CheckedContinuation<ByteBuffer?, any Error>?, Bool) in
            guard !state.isAbandoned else { return (nil, false) }
            if let taker = state.taker {
                state.taker = nil
                return (taker, false)
            }
            state.pieces.append(bytes)
            state.bytes += bytes.readableBytes
            if state.bytes >= Self.most { state.isFull = true }
            return (nil, state.isFull)
        }
        taker?.resume(returning: bytes)
        return !isFull
    }

    /// The request is whole.
    func end() {
        let taker = state.withLock { state in
            state.isEnded = true
            defer { state.taker = nil }
            return state.taker
        }
        taker?.resume(returning: nil)
    }

    /// Nothing more is sent: the call is over, or the client has left.
    func abandon() {
        let taker = state.withLock { state in
            state.isAbandoned = true
            state.pieces.removeAll()
            state.bytes = 0
            defer { state.taker = nil }
            return state.taker
        }
        taker?.resume(throwing: CancellationError())
    }

    /// The next piece, or nil at the end. Ends with an error when its task is cancelled.
    func next() async throws -> ByteBuffer? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                var hasRoom = false
                let ready = state.withLock { state -> Result<ByteBuffer?, any Error>? in
                    if state.isAbandoned || Task.isCancelled { return .failure(CancellationError()) }
                    if let piece = state.pieces.popFirst() {
                        state.bytes -= piece.readableBytes
                        if state.isFull, state.bytes <= Self.few {
                            state.isFull = false
                            hasRoom = true
                        }
                        return .success(piece)
                    }
                    if state.isEnded { return .success(nil) }
                    state.taker = continuation
                    return nil
                }
                if hasRoom { eventLoop.execute(self.hasRoom) }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            abandon()
        }
    }
}
