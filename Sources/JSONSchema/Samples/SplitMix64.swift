/// Random numbers that are the same everywhere for one seed: Steele, Lea and Flood's SplitMix64. Not for secrets.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, `count`; 0 where that is not positive.
    package mutating func below(_ count: Int) -> Int {
        count > 1 ? Int(next() % UInt64(count)) : 0
    }

    /// One of the elements; nil where there are none.
    package mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }

    /// True once in so many times.
    package mutating func oneIn(_ times: Int) -> Bool { below(times) == 0 }
}
