import Synchronization

/// Knows whether the caller of a connection is still there, and ends what is under way for them when they leave. One
/// serves all the calls of a connection, one after another.
package final class CallerWatch: Sendable {
    private struct State {
        var isGone = false
        var onGone: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    package var isGone: Bool { state.withLock { $0.isGone } }

    /// Has `onGone` called once when the caller leaves, or at once if they have left.
    package func attach(_ onGone: @escaping @Sendable () -> Void) {
        let isGone = state.withLock { state in
            state.onGone = onGone
            return state.isGone
        }
        if isGone { onGone() }
    }

    package func detach() {
        state.withLock { $0.onGone = nil }
    }

    /// The caller's connection is closed.
    package func callerLeft() {
        let onGone = state.withLock { state in
            state.isGone = true
            defer { state.onGone = nil }
            return state.onGone
        }
        onGone?()
    }
}
