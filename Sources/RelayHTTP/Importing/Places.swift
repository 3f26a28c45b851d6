import Synchronization

/// A few places for work that is long or holds much, of which one user has only some: nobody keeps the others out.
package final class Places: Sendable {
    private struct Taken {
        var all = 0
        var byUser: [String: Int] = [:]
    }

    private let taken = Mutex(Taken())
    private let most: Int
    private let mostOfOne: Int

    package init(most: Int, ofOne: Int) {
        self.most = most
        mostOfOne = ofOne
    }

    /// Takes a place, to be given back by ``leave(_:)``.
    ///
    /// - Returns: whether there was one.
    package func enter(_ user: String) -> Bool {
        taken.withLock { taken in
            guard taken.all < most, taken.byUser[user, default: 0] < mostOfOne else { return false }
            taken.all += 1
            taken.byUser[user, default: 0] += 1
            return true
        }
    }

    package func leave(_ user: String) {
        taken.withLock { taken in
            taken.all -= 1
            let left = taken.byUser[user, default: 1] - 1
            taken.byUser[user] = left > 0 ? left : nil
        }
    }
}
