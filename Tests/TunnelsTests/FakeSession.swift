import NIOCore
import NIOEmbedded
import Synchronization

@testable import Tunnels

/// A session that only counts.
final class FakeSession: TunnelSession {
    private struct State {
        var inFlight = 0
        var limit: Int
        var isAccepting = true
        var isDrained = false
        var isClosed = false
        var listener: (@Sendable () -> Void)?
    }

    private let state: Mutex<State>
    private let closing: EventLoopPromise<Void>
    let isHere: Bool

    init(limit: Int = 1, isHere: Bool = false, eventLoop: any EventLoop = EmbeddedEventLoop()) {
        self.isHere = isHere
        state = Mutex(State(limit: limit))
        closing = eventLoop.makePromise()
    }

    deinit { closing.succeed() }

    var callsInFlight: Int { state.withLock { $0.inFlight } }
    var isAccepting: Bool { state.withLock { $0.isAccepting } }
    var peerStreamLimit: Int { state.withLock { $0.limit } }
    var roundTrip: TimeAmount? { .milliseconds(3) }
    var closeFuture: EventLoopFuture<Void> { closing.futureResult }
    var isDrained: Bool { state.withLock { $0.isDrained } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    func reserve() -> Bool {
        state.withLock { state in
            guard state.isAccepting, state.inFlight < state.limit else { return false }
            state.inFlight += 1
            return true
        }
    }

    func release() {
        let listener = state.withLock { state in
            state.inFlight -= 1
            return state.listener
        }
        listener?()
    }

    func onSlotFreed(_ listener: @escaping @Sendable () -> Void) {
        state.withLock { $0.listener = listener }
    }

    func drain() {
        state.withLock { state in
            state.isDrained = true
            state.isAccepting = false
        }
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            state.isAccepting = false
        }
        closing.succeed()
    }
}

extension TunnelIdentity {
    static func fake(
        tunnel: String = "tun_1", user: String = "usr_1", token: String = "tok_1", instance: String = "a",
        epoch: UInt64 = 1
    ) -> TunnelIdentity {
        TunnelIdentity(
            tunnelID: tunnel, userID: user, tokenID: token, instance: instance, epoch: epoch,
            connectorVersion: "1.0", remoteAddress: "192.0.2.1")
    }
}
