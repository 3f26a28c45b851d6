import NIOCore
import Synchronization

/// What other threads may know of a session.
final class SessionGauge: Sendable {
    private let inFlight = Atomic<Int>(0)
    private let limit = Atomic<Int>(100)
    private let accepting = Atomic<Bool>(true)
    private let roundTripNanoseconds = Atomic<Int64>(-1)
    private let listeners = Mutex(Listeners())

    private struct Listeners {
        var peerLeaving: (@Sendable () -> Void)?
        var slotFreed: (@Sendable () -> Void)?
    }

    /// Streams open or reserved.
    var streams: Int { inFlight.load(ordering: .relaxed) }
    var peerStreamLimit: Int { limit.load(ordering: .relaxed) }
    var isAccepting: Bool { accepting.load(ordering: .acquiring) }

    var roundTrip: TimeAmount? {
        let value = roundTripNanoseconds.load(ordering: .relaxed)
        return value < 0 ? nil : .nanoseconds(value)
    }

    /// Takes one of the peer's stream slots; false when there is none, or the session leaves.
    func reserve() -> Bool {
        guard isAccepting else { return false }
        guard inFlight.wrappingAdd(1, ordering: .relaxed).newValue <= peerStreamLimit else {
            inFlight.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    func streamOpened() { inFlight.wrappingAdd(1, ordering: .relaxed) }

    func streamEnded() {
        inFlight.wrappingSubtract(1, ordering: .relaxed)
        listeners.withLock { $0.slotFreed }?()
    }

    func publish(peerStreamLimit: Int) {
        limit.store(peerStreamLimit, ordering: .relaxed)
        listeners.withLock { $0.slotFreed }?()
    }

    func measured(roundTrip: TimeAmount) { roundTripNanoseconds.store(roundTrip.nanoseconds, ordering: .relaxed) }
    func stopAccepting() { accepting.store(false, ordering: .releasing) }
    func ended() { stopAccepting() }

    func peerLeaves() {
        let listener = listeners.withLock { listeners in
            defer { listeners.peerLeaving = nil }
            return listeners.peerLeaving
        }
        listener?()
    }

    func onPeerLeaving(_ listener: @escaping @Sendable () -> Void) {
        listeners.withLock { $0.peerLeaving = listener }
    }

    func onSlotFreed(_ listener: @escaping @Sendable () -> Void) {
        listeners.withLock { $0.slotFreed = listener }
    }
}
