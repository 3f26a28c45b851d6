/// The sixteen bytes that a `String` is, by which a short name is told at once: it stands in them. Names with other bits
/// may still be the same, so that only equality says anything.
struct NameBits: Equatable {
    private let low: UInt64
    private let high: UInt64

    /// No name's.
    static let none = NameBits()

    private init() { (low, high) = (0, 0) }

    @inline(__always)
    init(_ name: String) {
        (low, high) = unsafeBitCast(name, to: (UInt64, UInt64).self)
    }

    /// Of a name that is to be known again; ``none`` for one that does not stand in its bits.
    static func known(_ name: String) -> NameBits {
        name.utf8.count <= 15 ? NameBits(name) : none
    }
}
