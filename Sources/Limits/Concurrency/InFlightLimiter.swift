import Synchronization

/// Bounds the calls in flight under several limits at once. The table holds only keys that have a call in flight, so
/// whatever bounds all calls together bounds it too.
///
/// Places are given back by name, with ``leave(_:)``, not by the end of some value's life: the optimiser of Swift 6.3
/// leaves out the `deinit` of a generic non-copyable struct that another module uses. Keys are of one type, as code that is
/// generic over them looks up their metadata at run time when it is called from another module.
package final class InFlightLimiter: Sendable {
    /// One limit that a call comes under.
    package struct Claim: Sendable, Hashable {
        package let key: LimitKey
        /// The most calls of `key` at once.
        package let limit: Int

        package init(_ key: LimitKey, limit: Int) {
            self.key = key
            self.limit = limit
        }
    }

    private let counts = Mutex<[LimitKey: Int]>([:])

    package init() {}

    /// The calls of `key` in flight now.
    package func count(of key: LimitKey) -> Int { counts.withLock { $0[key] ?? 0 } }

    /// Keys that have a call in flight now, for a gauge.
    package var keys: Int { counts.withLock { $0.count } }

    /// Takes a place under each of the limits, or under none of them.
    ///
    /// - Parameter claims: in the order in which they are judged; no two of one key.
    /// - Returns: the first limit that is used up; nil where the call is in and owes a ``leave(_:)``.
    package func enter(_ claims: [Claim]) -> LimitKey? {
        counts.withLock { counts in
            for claim in claims where counts[claim.key, default: 0] >= claim.limit { return claim.key }
            for claim in claims { counts[claim.key, default: 0] += 1 }
            return nil
        }
    }

    /// Gives back what ``enter(_:)`` took. To be called once a call that got in has ended, however it did.
    package func leave(_ claims: [Claim]) {
        counts.withLock { counts in
            for claim in claims {
                guard let count = counts[claim.key] else { continue }
                counts[claim.key] = count > 1 ? count - 1 : nil
            }
        }
    }
}
