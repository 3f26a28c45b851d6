import NIOCore

/// An answer on its way from the loop to its reader.
struct AnswerChannel {
    typealias HeadWaiter = CheckedContinuation<Exchange.Answer, any Error>
    typealias BodyWaiter = CheckedContinuation<ByteBuffer?, any Error>

    enum Next {
        case wait
        /// `resumes` where the connection was paused for these bytes.
        case give(ByteBuffer?, resumes: Bool)
        case fail(EgressError)
    }

    private enum Head {
        case awaited(HeadWaiter?)
        case ready(Result<Exchange.Answer, EgressError>)
        case taken
    }

    private enum End {
        case open, complete
        case failed(EgressError)
    }

    private var head = Head.awaited(nil)
    private var buffer = ByteBuffer()
    private var waiter: BodyWaiter?
    private var end = End.open
    private var isPaused = false

    /// Returns what is there already.
    mutating func wait(_ waiter: HeadWaiter) -> Result<Exchange.Answer, EgressError>? {
        switch head {
        case .awaited:
            head = .awaited(waiter)
            return nil
        case .ready(let result):
            head = .taken
            return result
        case .taken:
            return .failure(EgressError(.cancelled))
        }
    }

    mutating func deliver(_ answer: Exchange.Answer) -> HeadWaiter? {
        guard case .awaited(let waiter) = head else { return nil }
        head = waiter == nil ? .ready(.success(answer)) : .taken
        return waiter
    }

    /// - Returns: who gets the bytes at once, and how many wait.
    mutating func append(_ bytes: ByteBuffer) -> (BodyWaiter?, Int) {
        if let waiter {
            self.waiter = nil
            return (waiter, 0)
        }
        if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeImmutableBuffer(bytes) }
        return (nil, buffer.readableBytes)
    }

    mutating func pause() -> Bool {
        isPaused = buffer.readableBytes > 0
        return isPaused
    }

    /// One reader at a time: a second gets an error.
    mutating func next(_ waiter: BodyWaiter) -> Next {
        guard self.waiter == nil else { return .fail(EgressError(.cancelled, sent: true)) }
        if buffer.readableBytes > 0 {
            defer {
                buffer = ByteBuffer()
                isPaused = false
            }
            return .give(buffer, resumes: isPaused)
        }
        switch end {
        case .open:
            self.waiter = waiter
            return .wait
        case .complete: return .give(nil, resumes: false)
        case .failed(let error): return .fail(error)
        }
    }

    mutating func end(_ error: EgressError?) -> (head: HeadWaiter?, body: BodyWaiter?) {
        end = error.map(End.failed) ?? .complete
        defer { waiter = nil }
        guard case .awaited(let headWaiter) = head else { return (nil, waiter) }
        head = headWaiter == nil ? .ready(.failure(error ?? EgressError(.protocolError))) : .taken
        return (headWaiter, waiter)
    }
}
