import NIOCore

/// A request's body on its way from the caller to the loop: one piece at a time.
struct UploadChannel {
    typealias Waiter = CheckedContinuation<Bool, Never>

    enum Taken {
        case bytes(ByteBuffer)
        case ended
        /// Nothing yet: the loop is told when there is.
        case starved
    }

    enum Offered {
        /// Until the piece is taken. `resumes` where the loop waits for it.
        case wait(resumes: Bool)
        case closed
    }

    private var piece: ByteBuffer?
    private var waiter: Waiter?
    private var isEnded = false
    private var isStarved = false
    private var isClosed = false

    mutating func offer(_ bytes: ByteBuffer, _ waiter: Waiter) -> Offered {
        guard !isClosed, piece == nil else { return .closed }
        piece = bytes
        self.waiter = waiter
        defer { isStarved = false }
        return .wait(resumes: isStarved)
    }

    /// No more comes.
    /// - Returns: whether the loop waits for that.
    mutating func finish() -> Bool {
        isEnded = true
        defer { isStarved = false }
        return isStarved
    }

    mutating func take() -> (Taken, Waiter?) {
        if let piece {
            defer {
                self.piece = nil
                waiter = nil
            }
            return (.bytes(piece), waiter)
        }
        if isEnded { return (.ended, nil) }
        isStarved = true
        return (.starved, nil)
    }

    mutating func close() -> Waiter? {
        isClosed = true
        defer {
            piece = nil
            waiter = nil
        }
        return waiter
    }
}
