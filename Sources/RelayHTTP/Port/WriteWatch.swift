import NIOCore

/// Notices that nothing of what was written leaves: a caller who does not read holds what is meant for them in memory.
/// Confined to its channel's event loop.
final class WriteWatch {
    private let limit: TimeAmount
    private let expired: () -> Void
    private var pending = 0
    private var hasMoved = false
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - limit: how long written bytes may wait while none leave.
    ///   - expired: called once when that is over.
    init(limit: TimeAmount, expired: @escaping () -> Void) {
        self.limit = limit
        self.expired = expired
    }

    /// The promise to write with; it tells of the bytes that leave.
    func track(_ promise: EventLoopPromise<Void>?, on eventLoop: any EventLoop) -> EventLoopPromise<Void> {
        let promise = promise ?? eventLoop.makePromise()
        pending += 1
        if timer == nil { start(eventLoop) }
        promise.futureResult.assumeIsolated().whenComplete { _ in
            self.pending -= 1
            self.hasMoved = true
        }
        return promise
    }

    func stop() {
        timer?.cancel()
    }

    /// One timer for many writes: it is set anew only when it finds that some still wait.
    private func start(_ eventLoop: any EventLoop) {
        hasMoved = false
        timer = eventLoop.assumeIsolated().scheduleTask(in: limit) {
            self.timer = nil
            guard self.pending > 0 else { return }
            if self.hasMoved { self.start(eventLoop) } else { self.expired() }
        }
    }
}
