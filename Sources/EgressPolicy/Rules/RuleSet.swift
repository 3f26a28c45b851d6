/// A set of rule indexes that allocates nothing for the first 64.
struct RuleSet: Sendable, Hashable, Sequence {
    private var low: UInt64 = 0
    private var rest: [Int] = []

    var isEmpty: Bool { low == 0 && rest.isEmpty }

    /// Adds `index`. Indexes from 64 on are added in ascending order.
    mutating func insert(_ index: Int) {
        if index < 64 { low |= 1 << UInt64(index) } else { rest.append(index) }
    }

    func makeIterator() -> Iterator { Iterator(low: low, rest: rest[...]) }

    struct Iterator: IteratorProtocol {
        fileprivate var low: UInt64
        fileprivate var rest: ArraySlice<Int>

        mutating func next() -> Int? {
            guard low != 0 else { return rest.popFirst() }
            let index = low.trailingZeroBitCount
            low &= low - 1
            return index
        }
    }
}
