import Synchronization

/// How many connections wait for work, counted over all event loops: those of one origin, and all together.
final class IdleLimits: Sendable {
    /// One origin's share. Loops that know the same origin hold the same one.
    final class Share: Sendable {
        private let limits: IdleLimits
        private let count = Atomic<Int>(0)

        fileprivate init(_ limits: IdleLimits) { self.limits = limits }

        func add() {
            count.wrappingAdd(1, ordering: .relaxed)
            limits.total.wrappingAdd(1, ordering: .relaxed)
        }

        func remove() {
            count.wrappingSubtract(1, ordering: .relaxed)
            limits.total.wrappingSubtract(1, ordering: .relaxed)
        }

        var isOver: Bool { count.load(ordering: .relaxed) > limits.perOrigin }
    }

    private struct Weak {
        weak var share: Share?
    }

    private let perOrigin: Int
    private let inAll: Int
    private let total = Atomic<Int>(0)
    private let shares = Mutex<[String: Weak]>([:])

    /// Entries before those of forgotten origins are cleared away.
    private static let keepAtMost = 2048

    init(perOrigin: Int, inAll: Int) {
        self.perOrigin = perOrigin
        self.inAll = inAll
    }

    /// Whether more connections wait than all origins together may have.
    var isOver: Bool { total.load(ordering: .relaxed) > inAll }

    /// The share of the origin of that text.
    func share(of origin: String) -> Share {
        shares.withLock { shares in
            if let known = shares[origin]?.share { return known }
            if shares.count >= Self.keepAtMost { shares = shares.filter { $0.value.share != nil } }
            let share = Share(self)
            shares[origin] = Weak(share: share)
            return share
        }
    }
}
