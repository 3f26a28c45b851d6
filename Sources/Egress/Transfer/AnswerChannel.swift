import NIOCore

/// An answer on its way from the thread to its receiver: a value that knows what is to be handed over next.
struct AnswerChannel {
    enum Step {
        case answer(EgressAnswer)
        /// `resumes` where the connection was paused for these bytes.
        case bytes(ByteBuffer, resumes: Bool)
    }

    private enum End {
        case open
        case reached(EgressError?)
        case handedOver
    }

    private var answer: EgressAnswer?
    private var buffer = ByteBuffer()
    private var end = End.open
    /// The receiver wants no bytes for now.
    private var isHeld = false
    /// The connection waits for the receiver.
    private var isConnectionPaused = false

    mutating func deliver(_ answer: EgressAnswer) { self.answer = answer }

    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeImmutableBuffer(bytes) }
    }

    /// Bytes that wait for the receiver.
    var waiting: Int { buffer.readableBytes }

    /// The connection is paused until the receiver has taken what waits.
    ///
    /// - Returns: false where nothing waits any more.
    mutating func pauseConnection() -> Bool {
        isConnectionPaused = buffer.readableBytes > 0
        return isConnectionPaused
    }

    mutating func hold() { isHeld = true }
    mutating func release() { isHeld = false }

    mutating func end(_ error: EgressError?) {
        if case .open = end { end = .reached(error) }
    }

    /// The receiver reads no more: once the exchange is over, what waits for it is dropped.
    ///
    /// - Returns: whether the exchange is over, so that nothing is left to be given up.
    mutating func discard() -> Bool {
        if case .open = end { return false }
        if buffer.readableBytes > 0, case .reached = end { end = .reached(EgressError(.cancelled, sent: true)) }
        buffer = ByteBuffer()
        return true
    }

    var hasStep: Bool { answer != nil || hasBytes }

    private var hasBytes: Bool { !isHeld && buffer.readableBytes > 0 }

    /// What comes next, until there is nothing or the receiver holds it back.
    mutating func next() -> Step? {
        if let answer {
            self.answer = nil
            return .answer(answer)
        }
        guard hasBytes else { return nil }
        defer {
            buffer = ByteBuffer()
            isConnectionPaused = false
        }
        return .bytes(buffer, resumes: isConnectionPaused)
    }

    /// Whether the end is what comes next.
    var isEnding: Bool {
        if case .reached = end, buffer.readableBytes == 0, answer == nil { true } else { false }
    }

    /// The end, where it comes next. Once.
    mutating func takeEnd() -> (error: EgressError?, Void)? {
        guard isEnding, case .reached(let error) = end else { return nil }
        end = .handedOver
        return (error, ())
    }
}
