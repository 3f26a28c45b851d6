package import NIOCore
import Synchronization

/// One request under way: what its caller and the thread share of it. Everything else of it belongs to the thread.
///
/// Its methods may be called from anywhere and never call the receiver before they return, save for a call that has no
/// event loop.
package final class EgressCall: Sendable {
    private struct State {
        var answer = AnswerChannel()
        var upload = UploadChannel()
        var isCancelled = false
        /// Finds the host's addresses, where they are not known.
        var lookup: Task<Void, Never>?
        /// What is there for the receiver is about to be handed over.
        var isListed = false
        /// It is being handed over.
        var isDraining = false

        enum Step {
            case answer(AnswerChannel.Step)
            case wantsBody
            case end(EgressError?)
        }

        mutating func next() -> Step? {
            if let step = answer.next() { return .answer(step) }
            if let (error, _) = answer.takeEnd() { return .end(error) }
            if upload.takeWantsMore() { return .wantsBody }
            isDraining = false
            return nil
        }

        /// Whether somebody has to be found who hands over what is there.
        mutating func lists() -> Bool {
            guard !isListed, !isDraining, answer.hasStep || answer.isEnding || upload.wantsMore else { return false }
            isListed = true
            return true
        }
    }

    /// Asks the thread to look at this call again.
    private let notify: @Sendable (EgressCall, EgressLoop.Request) -> Void
    /// Where the receiver is called; nil for wherever something happens.
    let eventLoop: (any EventLoop)?
    private let state = Mutex(State())
    // Set before anything can happen, then touched only by who hands over, which is one at a time.
    nonisolated(unsafe) private var receiver: (any EgressReceiver)?

    // The thread's own.
    nonisolated(unsafe) var transfer: Transfer?
    /// Redirects that were followed.
    nonisolated(unsafe) var redirects = 0

    init(on eventLoop: (any EventLoop)?, notify: @escaping @Sendable (EgressCall, EgressLoop.Request) -> Void) {
        self.eventLoop = eventLoop
        self.notify = notify
    }

    /// Once, before the request is started.
    func hand(to receiver: any EgressReceiver) { self.receiver = receiver }

    // MARK: The caller's side

    /// Gives the exchange up. What is left is its end.
    package func cancel() {
        let (isOver, lookup, lists) = state.withLock { state in
            state.isCancelled = true
            return (state.answer.discard(), state.lookup, state.lists())
        }
        lookup?.cancel()
        if isOver {
            if lists { handOver(nil) }
        } else {
            notify(self, .abandon)
        }
    }

    /// Holds the body back from now on. The connection is paused once so much waits as the limits say.
    package func pause() { state.withLock { $0.answer.hold() } }

    /// Takes up the body again.
    package func resume() {
        let lists = state.withLock { state in
            state.answer.release()
            return state.lists()
        }
        if lists { handOver(nil) }
    }

    /// Sends a piece of a body that is ``EgressBody/pushed(length:)``. ``EgressReceiver/egressWantsBody()`` says when the
    /// next one should follow; one that comes earlier waits in memory.
    ///
    /// - Returns: false where the body is not wanted any more.
    @discardableResult
    package func send(_ bytes: ByteBuffer) -> Bool {
        guard bytes.readableBytes > 0 else { return true }
        switch state.withLock({ $0.upload.offer(bytes) }) {
        case .taken(let resumes):
            if resumes { notify(self, .resumeUpload) }
            return true
        case .closed: return false
        }
    }

    /// The body is whole.
    package func finish() {
        if state.withLock({ $0.upload.finish() }) { notify(self, .resumeUpload) }
    }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Ends with the call, where that comes first.
    func waits(for lookup: Task<Void, Never>) {
        let isCancelled = state.withLock { state in
            state.lookup = lookup
            return state.isCancelled
        }
        if isCancelled { lookup.cancel() }
    }

    // MARK: The thread's side

    // With `mail` from the thread; without it from anywhere.

    func deliver(_ answer: EgressAnswer, by mail: Mail?) { change(by: mail) { $0.answer.deliver(answer) } }

    /// Hands over bytes of a streamed body.
    /// - Returns: how many wait for the receiver.
    func append(_ bytes: ByteBuffer, by mail: Mail?) -> Int {
        change(by: mail) { $0.answer.append(bytes) }
        return state.withLock { $0.answer.waiting }
    }

    /// The connection is paused until the receiver has taken what waits.
    /// - Returns: false where nothing waits any more.
    func pauseConnection() -> Bool { state.withLock { $0.answer.pauseConnection() } }

    /// The answer has come whole.
    func complete(_ answer: EgressAnswer, by mail: Mail?) {
        change(by: mail) { state in
            state.answer.deliver(answer)
            state.answer.end(nil)
            state.upload.close()
        }
    }

    /// The transfer is over; with an error where it did not end well.
    func end(_ error: EgressError?, by mail: Mail? = nil) {
        change(by: mail) { state in
            state.answer.end(error)
            if state.isCancelled { _ = state.answer.discard() }
            state.upload.close()
            state.lookup = nil
        }
    }

    func takeUpload(by mail: Mail?) -> UploadChannel.Taken { change(by: mail) { $0.upload.take() } }

    /// What is left of the request's body is not sent.
    func closeUpload(by mail: Mail?) { change(by: mail) { $0.upload.close() } }

    private func change<Result>(by mail: Mail?, _ body: (inout State) -> Result) -> Result {
        let (result, lists) = state.withLock { state in
            let result = body(&state)
            return (result, state.lists())
        }
        if lists { handOver(mail) }
        return result
    }

    // MARK: Handing over

    private func handOver(_ mail: Mail?) {
        guard let eventLoop else { return drain() }
        if let mail { mail.add(self, for: eventLoop) } else { eventLoop.execute { self.drain() } }
    }

    /// Calls the receiver with all that is there, on its event loop.
    func drain() {
        let first = state.withLock { state -> State.Step? in
            state.isListed = false
            guard !state.isDraining else { return nil }
            state.isDraining = true
            return state.next()
        }
        var step = first
        while let current = step {
            perform(current)
            step = state.withLock { $0.next() }
        }
    }

    private func perform(_ step: State.Step) {
        switch step {
        case .answer(.answer(let answer)): receiver?.egressAnswered(answer)
        case .answer(.bytes(let bytes, let resumes)):
            if resumes { notify(self, .resumeAnswer) }
            receiver?.egressReceived(bytes)
        case .wantsBody: receiver?.egressWantsBody()
        case .end(let error):
            // The receiver may hold this call.
            let last = receiver
            receiver = nil
            last?.egressEnded(error)
        }
    }
}
