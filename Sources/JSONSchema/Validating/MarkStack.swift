/// A stretch of the mark stack: one mark for each element or member of the value at hand.
struct MarkArea {
    var start: Int
    var count: Int

    /// Nobody asks which parts were looked at.
    static let none = MarkArea(start: -1, count: 0)

    var isWanted: Bool { start >= 0 }
}

/// Which elements and members the keywords so far have looked at, for `unevaluatedItems` and `unevaluatedProperties`:
/// one area for each schema that asks, and for each branch whose findings may yet be dropped.
struct MarkStack {
    private var marks: [Bool] = []

    /// An area of `count` parts not looked at.
    mutating func push(_ count: Int) -> MarkArea {
        defer { marks.append(contentsOf: repeatElement(false, count: count)) }
        return MarkArea(start: marks.count, count: count)
    }

    /// Ends the topmost area, and adds its marks to those of `other` when that is wanted.
    mutating func pop(_ area: MarkArea, into other: MarkArea) {
        guard area.isWanted else { return }
        if other.isWanted {
            for offset in 0..<area.count where marks[area.start + offset] { marks[other.start + offset] = true }
        }
        marks.removeSubrange(area.start...)
    }

    @inline(__always)
    mutating func mark(_ offset: Int, in area: MarkArea) {
        if area.isWanted { marks[area.start + offset] = true }
    }

    mutating func markAll(in area: MarkArea) {
        guard area.isWanted else { return }
        for offset in 0..<area.count { marks[area.start + offset] = true }
    }

    func isMarked(_ offset: Int, in area: MarkArea) -> Bool {
        marks[area.start + offset]
    }
}
