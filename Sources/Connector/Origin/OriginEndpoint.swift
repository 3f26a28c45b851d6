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
    let pool: OriginPool
    private let share: IdleLimits.Share
    private(set) var idle: [OriginConnection] = []
    /// Connections that are up or being dialled.
    var connections = 0
    /// What the name resolved to, and until when that holds.
    private var addresses: [IPAddress] = []
    private var addressesValidUntil = NIODeadline.uptimeNanoseconds(0)
    /// The resolver has been asked, and has not answered yet.
    var isLookingUp = false
    /// Dials that wait for one lookup.
    var lookups: [OriginDial] = []

    /// A request that cannot be repeated takes no connection that has been idle for longer: its origin may be about
    /// to close it.
    private static let freshFor = TimeAmount.seconds(2)
    /// How long before what is known of a name runs out it is asked again, where it is in use.
    private static let refreshAhead = TimeAmount.seconds(1)

    init(origin: Origin, pool: OriginPool) {
        self.origin = origin
        self.authority = origin.authority
        self.text = origin.description
        self.pool = pool
        share = pool.idleLimits.share(of: text)
    }

    var isUnused: Bool { connections == 0 && lookups.isEmpty && !isLookingUp }

    /// Where the name leads; nil where that has to be asked.
    func addresses(now: NIODeadline) -> [IPAddress]? {
        addressesValidUntil > now ? addresses : nil
    }

    /// The name leads to these addresses. Connections that wait and lead elsewhere are of no more use.
    func learned(_ addresses: [IPAddress], until validUntil: NIODeadline) {
        self.addresses = addresses
        addressesValidUntil = validUntil
        for connection in idle where !addresses.contains(connection.address) {
            forget(connection)
            connection.close()
        }
    }

    /// The connection that was used last, if one may carry the request: not too old, and to an address that the name
    /// still has and a rule still allows.
    ///
    /// - Parameters:
    ///   - addresses: those that the name has, where they were just asked. Nil: those that are known, and no connection
    ///     where they are not.
    ///   - rule: judges the address again, and says which rule allows it now (S1).
    func takeIdle(
        at addresses: [IPAddress]?, isRepeatable: Bool, now: NIODeadline, rule: (IPAddress) -> Int?
    ) -> OriginConnection? {
        guard !idle.isEmpty, let addresses = addresses ?? self.addresses(now: now) else { return nil }
        // Asked ahead of time under steady traffic, so that no call waits for it.
        if addressesValidUntil - now < Self.refreshAhead { pool.lookUp(self) }
        while let connection = idle.last {
            if !isRepeatable, now - connection.idleSince > Self.freshFor { return nil }
            idle.removeLast()
            share.remove()
            guard connection.isOpen, now - connection.dialled < pool.connectionAge,
                addresses.contains(connection.address), rule(connection.address) == connection.rule
            else {
                connection.close()
                continue
            }
            return connection
        }
        return nil
    }

    func putIdle(_ connection: OriginConnection, now: NIODeadline) {
        guard connection.isOpen else { return }
        guard now - connection.dialled < pool.connectionAge else { return connection.close() }
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
