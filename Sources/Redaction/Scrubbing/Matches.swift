/// Bytes of a text that tell a secret, as positions: in order, none touching another.
struct Matches: Sendable {
    private(set) var ranges: [Range<Int>] = []

    /// Adds a match. Those that it overlaps or touches become one with it.
    mutating func add(_ match: Range<Int>) {
        var match = match
        var index = ranges.count
        // A lane that waits for the end of an escape finds later what ended earlier.
        while index > 0, ranges[index - 1].lowerBound > match.upperBound { index -= 1 }
        let end = index
        while index > 0, ranges[index - 1].upperBound >= match.lowerBound {
            index -= 1
            match = min(ranges[index].lowerBound, match.lowerBound)..<max(ranges[index].upperBound, match.upperBound)
        }
        ranges.replaceSubrange(index..<end, with: CollectionOfOne(match))
    }

    /// Takes out the matches that begin at `position` or before.
    mutating func removeAll(upTo position: Int) -> ArraySlice<Range<Int>> {
        let taken = ranges.prefix { $0.lowerBound <= position }
        ranges.removeFirst(taken.count)
        return taken
    }
}
