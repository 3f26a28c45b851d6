package import NIOCore
package import ReverseHTTP

/// What the hub needs of a live session; any thread.
package protocol TunnelSession: AnyObject, Sendable {
    var callsInFlight: Int { get }
    var isAccepting: Bool { get }
    var peerStreamLimit: Int { get }
    var roundTrip: TimeAmount? { get }
    var closeFuture: EventLoopFuture<Void> { get }
    /// Whether the caller is on the session's own event loop.
    var isHere: Bool { get }

    /// Takes a slot for one call; false when there is none.
    func reserve() -> Bool
    /// Gives back a slot that was not used.
    func release()
    /// Calls `listener` whenever a slot may have become free.
    func onSlotFreed(_ listener: @escaping @Sendable () -> Void)
    /// Says GOAWAY, lets calls in flight finish, then closes.
    func drain()
    /// Closes at once.
    func close()
}

extension ClientSession: TunnelSession {
    package var isHere: Bool { eventLoop.inEventLoop }
}
