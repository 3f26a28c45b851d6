import NIOCore

/// A request's body on its way from the caller to the thread: a value that knows who waits for whom.
struct UploadChannel {
    enum Taken {
        case bytes(ByteBuffer)
        case ended
        /// Nothing yet: the thread asks again once it is told that there is.
        case starved
    }

    enum Offered {
        /// `resumes` where the thread waits for it.
        case taken(resumes: Bool)
        /// The body is not wanted any more.
        case closed
    }

    private var piece = ByteBuffer()
    private var isEnded = false
    private var isStarved = false
    private var isClosed = false
    /// The caller is to hear that it may bring more.
    private(set) var wantsMore = false

    mutating func offer(_ bytes: ByteBuffer) -> Offered {
        guard !isClosed, !isEnded else { return .closed }
        if piece.readableBytes == 0 { piece = bytes } else { piece.writeImmutableBuffer(bytes) }
        defer { isStarved = false }
        return .taken(resumes: isStarved)
    }

    /// No more comes.
    /// - Returns: whether the thread waits for that.
    mutating func finish() -> Bool {
        isEnded = true
        defer { isStarved = false }
        return isStarved
    }

    mutating func take() -> Taken {
        if piece.readableBytes > 0 {
            defer { piece = ByteBuffer() }
            wantsMore = true
            return .bytes(piece)
        }
        if isEnded { return .ended }
        isStarved = true
        return .starved
    }

    /// Nothing of the body is wanted any more.
    mutating func close() {
        if piece.readableBytes > 0 { wantsMore = true }
        isClosed = true
        piece = ByteBuffer()
    }

    mutating func takeWantsMore() -> Bool {
        defer { wantsMore = false }
        return wantsMore
    }
}
