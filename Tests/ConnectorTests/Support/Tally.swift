import Synchronization

/// A count that several tasks keep.
final class Tally: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func add(_ difference: Int) {
        count.wrappingAdd(difference, ordering: .relaxed)
    }
}
