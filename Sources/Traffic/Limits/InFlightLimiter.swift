import Synchronization

/// Bounds the calls in flight, for each key and over all. The table holds only keys that have a call in flight, so the
/// total bounds it too.
package final class InFlightLimiter<Key: Hashable & Sendable>: Sendable {
    private struct Counts {
        var keys: [Key: Int] = [:]
        var total = 0
    }

    /// The most calls in flight over all keys.
    package let total: Int
    private let counts = Mutex(Counts())

    /// - Parameter total: the most calls in flight over all keys.
    package init(total: Int) {
        self.total = total
    }

    /// All calls in flight now, for a gauge.
    package var count: Int { counts.withLock { $0.total } }

    /// The calls of `key` in flight now.
    package func count(of key: Key) -> Int { counts.withLock { $0.keys[key] ?? 0 } }

    /// Lets a call in, as long as its permit lives; nil where `key` has `limit` calls in flight, or all keys together
    /// have the total.
    package func enter(_ key: Key, limit: Int) -> InFlightPermit<Key>? {
        let isFree = counts.withLock { counts in
            guard counts.total < total, counts.keys[key, default: 0] < limit else { return false }
            counts.keys[key, default: 0] += 1
            counts.total += 1
            return true
        }
        return isFree ? InFlightPermit(limiter: self, key: key) : nil
    }

    fileprivate func leave(_ key: Key) {
        counts.withLock { counts in
            guard let count = counts.keys[key] else { return }
            counts.keys[key] = count > 1 ? count - 1 : nil
            counts.total -= 1
        }
    }
}

/// One call's place. It is given back when the permit goes, however the call ends.
package struct InFlightPermit<Key: Hashable & Sendable>: ~Copyable, Sendable {
    private let limiter: InFlightLimiter<Key>
    private let key: Key

    fileprivate init(limiter: InFlightLimiter<Key>, key: Key) {
        self.limiter = limiter
        self.key = key
    }

    deinit { limiter.leave(key) }
}
