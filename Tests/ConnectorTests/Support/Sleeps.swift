import NIOCore
import Synchronization

@testable import Connector
@testable import ReverseHTTP

/// The back-off's waits, which take no time: each goes on when the test has seen it.
final class Sleeps: Sendable {
    private struct State {
        var waiting: [(Duration, CheckedContinuation<Void, any Error>)] = []
        var watcher: CheckedContinuation<Void, Never>?
        var passesAll = false
    }

    private let state = Mutex(State())

    /// With the jitter always at its most.
    var surroundings: TunnelSlot.Surroundings {
        var surroundings = TunnelSlot.Surroundings()
        surroundings.random = { 1 }
        surroundings.sleep = { try await self.sleep($0) }
        return surroundings
    }

    /// The next wait, which ends with this.
    func next() async -> Duration {
        while true {
            if let (duration, sleeper) = state.withLock({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }) {
                sleeper.resume()
                return duration
            }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.waiting.isEmpty { state.watcher = continuation }
                    return !state.waiting.isEmpty
                }
                if isReady { continuation.resume() }
            }
        }
    }

    /// Ends every wait at once from now on.
    func passAll() {
        let all = state.withLock { state in
            state.passesAll = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for (_, sleeper) in all { sleeper.resume() }
    }

    private func sleep(_ duration: Duration) async throws {
        if state.withLock({ $0.passesAll }) { return try Task.checkCancellation() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let watcher = state.withLock { state -> CheckedContinuation<Void, Never>? in
                    guard !state.passesAll else {
                        continuation.resume()
                        return nil
                    }
                    state.waiting.append((duration, continuation))
                    defer { state.watcher = nil }
                    return state.watcher
                }
                watcher?.resume()
                if Task.isCancelled { cancelAll() }
            }
        } onCancel: {
            cancelAll()
        }
    }

    private func cancelAll() {
        let all = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for (_, sleeper) in all { sleeper.resume(throwing: CancellationError()) }
    }
}

extension TunnelSlot.Surroundings {
    /// Dials again at once.
    static var immediate: TunnelSlot.Surroundings {
        var surroundings = TunnelSlot.Surroundings()
        surroundings.sleep = { _ in try Task.checkCancellation() }
        return surroundings
    }
}

/// Opened once, for any number of tasks that wait.
final class Signal: Sendable {
    private let state = Mutex((isOpen: false, waiters: [CheckedContinuation<Void, Never>]()))

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}
