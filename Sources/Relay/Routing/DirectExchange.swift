import Egress
import Failure
import NIOCore
import Pipeline
import Synchronization

/// One attempt at one direct call. Confined to the caller's event loop; a task waits for the relay's one way out.
final class DirectExchange: RouteExchange {
    private let loop: any EventLoop
    private var answered: ((Result<InboundResponse, CallFailure>) -> Void)?
    private let watch = CallerWatch()
    private var task: Task<Void, Never>?

    init(on loop: any EventLoop, _ answered: @escaping (Result<InboundResponse, CallFailure>) -> Void) {
        self.loop = loop
        self.answered = answered
    }

    func cancel() {
        guard answered != nil else { return }
        watch.callerLeft()
        task?.cancel()
    }

    func send(_ request: EgressRequest, through egress: EgressClient) {
        let loop = loop
        let watch = watch
        let bound = NIOLoopBound(self, eventLoop: loop)
        task = Task(executorPreference: EventLoopTaskExecutor(loop)) {
            do {
                try await EgressExchange.send(request, through: egress, watch: watch) { response in
                    let latch = Latch()
                    var response = response
                    response.giveUp = { latch.open() }
                    let answer = response
                    loop.execute { bound.value.received(.success(answer)) }
                    if case .streamed = response.body { await latch.opened() }
                }
            } catch {
                let failure =
                    error as? CallFailure ?? CallFailure(.cancelled, stage: .relay, detail: "The caller went away.")
                loop.execute { bound.value.received(.failure(failure)) }
            }
        }
    }

    func received(_ result: Result<InboundResponse, CallFailure>) {
        let answered = answered
        self.answered = nil
        task = nil
        answered?(result)
    }
}

/// Holds one task up until it is opened.
private final class Latch: Sendable {
    private enum State {
        case shut
        case waiting(CheckedContinuation<Void, Never>)
        case open
    }

    private let state = Mutex(State.shut)

    func open() {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state = .open }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        waiting?.resume()
    }

    func opened() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state -> Bool in
                if case .open = state { return true }
                state = .waiting(continuation)
                return false
            }
            if isOpen { continuation.resume() }
        }
    }
}
