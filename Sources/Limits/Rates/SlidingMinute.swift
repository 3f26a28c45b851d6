/// How many calls were made in the last minute, counted in slots of half a second.
///
/// The sum over the current slot and the 120 before it is never less than the calls of the last 60 s: two calls less
/// than 60 s apart lie at most 120 slots apart, so when the later is judged the earlier is in the sum. Who refuses
/// while that sum has reached N therefore lets at most N calls pass in any 60 s, wherever they start. The price is
/// that a call counts for up to 60.5 s.
struct SlidingMinute: Sendable {
    /// Microseconds.
    static let slotWidth: Int64 = 500_000
    private static let slotCount = 121

    /// A ring: the count of slot `s` stands at `s % slotCount`. Empty while there is nothing to count, so that an idle
    /// key costs no ring.
    private var counts: [UInt32] = []
    private(set) var sum = 0
    /// The newest slot that the ring covers.
    private var newest: Int64 = -1 << 40

    /// Drops what has left the window. Time that does not move forward changes nothing.
    mutating func advance(to time: Int64) {
        let slot = time / Self.slotWidth
        guard slot > newest else { return }
        if !counts.isEmpty {
            if slot - newest >= Int64(Self.slotCount) {
                clear()
            } else {
                for leaving in newest + 1...slot {
                    let index = Self.index(leaving)
                    sum -= Int(counts[index])
                    counts[index] = 0
                }
                if sum == 0 { clear() }
            }
        }
        newest = slot
    }

    /// Counts a call. Times that the window has left behind are not counted, times ahead of it as if made now.
    mutating func add(at time: Int64) {
        let slot = min(time / Self.slotWidth, newest)
        guard newest - slot < Int64(Self.slotCount) else { return }
        if counts.isEmpty { counts = [UInt32](repeating: 0, count: Self.slotCount) }
        let index = Self.index(slot)
        guard counts[index] < .max else { return }
        counts[index] += 1
        sum += 1
    }

    /// When the sum will be below `limit` if nothing is added, as a time; nil where it is already.
    func timeUntil(below limit: Int) -> Int64? {
        guard sum > 0, sum >= limit else { return nil }
        var left = sum
        let oldest = newest - Int64(Self.slotCount) + 1
        // The ring from the oldest slot to its end, and then from its beginning.
        let start = Self.index(oldest)
        var slot = oldest
        for range in [start..<Self.slotCount, 0..<start] {
            for count in counts[range] {
                if count > 0 {
                    left -= Int(count)
                    if left < limit || left == 0 { return (slot + Int64(Self.slotCount)) * Self.slotWidth }
                }
                slot += 1
            }
        }
        return nil
    }

    private mutating func clear() {
        counts = []
        sum = 0
    }

    /// Slots before 1970 are negative.
    private static func index(_ slot: Int64) -> Int {
        let remainder = Int(slot % Int64(slotCount))
        return remainder < 0 ? remainder + slotCount : remainder
    }
}
