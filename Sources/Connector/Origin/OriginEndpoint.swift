import EgressPolicy
import NIOCore

/// One origin as one event loop knows it: what its name resolves to, and the connections that wait for work.
/// Confined to its event loop.
final class OriginEndpoint {
    let origin: Origin
    /// What `Host` says.
    let authority: String
    /// As written in the audit.
    let text: String
    /// It forgets its endpoints when it shuts down.
    private let pool: OriginPool
    private let share: IdleLimits.Share
    private(set) var idle: [OriginConnection] = []
    /// Connections that are up or being dialled.
    var connections = 0
    /// What the name resolved to, and until when that holds.
    var addresses: [IPAddress] = []
    var addressesValidUntil = NIODeadline.uptimeNanoseconds(0)
    /// Dials that wait for one lookup.
    var lookups: [OriginDial] = []

    /// A request that cannot be repeated takes no connection that has been idle for longer: its origin may be about
    /// to close it.
    private static let freshFor = TimeAmount.seconds(2)

    init(origin: Origin, pool: OriginPool) {
        self.origin = origin
        self.authority = origin.authority
        self.text = origin.description
        self.pool = pool
        share = pool.idleLimits.share(of: text)
    }

    var isUnused: Bool { connections == 0 && lookups.isEmpty }

    /// The connection that was used last, if one may carry the request.
    ///
    /// - Parameter rule: judges the address again, and says which rule allows it now (S1).
    func takeIdle(isRepeatable: Bool, now: NIODeadline, rule: (IPAddress) -> Int?) -> OriginConnection? {
        while let connection = idle.last {
            if !isRepeatable, now - connection.idleSince > Self.freshFor { return nil }
            idle.removeLast()
            share.remove()
            guard connection.isOpen, rule(connection.address) == connection.rule else {
                connection.close()
                continue
            }
            return connection
        }
        return nil
    }

    func putIdle(_ connection: OriginConnection, now: NIODeadline) {
        guard connection.isOpen else { return }
        connection.idleSince = now
        idle.append(connection)
        share.add()
        if share.isOver { closeOldest() }
        if pool.idleLimits.isOver { pool.closeOldest() }
        pool.watchIdle()
    }

    /// The connection is gone, or about to be.
    func forget(_ connection: OriginConnection) {
        if let index = idle.firstIndex(where: { $0 === connection }) {
            idle.remove(at: index)
            share.remove()
        }
    }

    func closeIdle(before moment: NIODeadline) {
        while let oldest = idle.first, oldest.idleSince <= moment { closeOldest() }
    }

    /// Closes the connection that has waited longest.
    func closeOldest() {
        guard let oldest = idle.first else { return }
        forget(oldest)
        oldest.close()
    }
}
