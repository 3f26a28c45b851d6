/// A fixed set of names, each with its place; looking one up takes a hash of its bytes and, as a rule, one comparison.
struct NameTable: Sendable {
    private struct Slot {
        var hash: UInt32 = 0
        var place: Index = -1
        var start: Int32 = 0
        var count: Int32 = 0
    }

    /// In order of place.
    let names: [String]
    private var slots: [Slot]
    private var bytes: [UInt8] = []
    private let mask: Int
    /// Keeps those who write schemas from choosing names that collide.
    private let seed = UInt64.random(in: .min ... .max)

    /// `names` must be unique, code point by code point.
    init(_ names: [String]) {
        var capacity = 4
        while capacity < names.count * 2 { capacity *= 2 }
        self.names = names
        mask = capacity - 1
        slots = Array(repeating: Slot(), count: capacity)
        for (place, name) in names.enumerated() {
            let utf8 = Array(name.utf8)
            let hash = utf8.withUnsafeBufferPointer { Self.hash($0, seed: seed) }
            var index = Int(hash) & mask
            while slots[index].place >= 0 { index = (index + 1) & mask }
            slots[index] = Slot(
                hash: hash, place: Index(place), start: Int32(bytes.count), count: Int32(utf8.count))
            bytes += utf8
        }
    }

    /// The place of `name`; below zero when it is not in the table.
    @inline(__always)
    func place(of name: String) -> Index {
        if let place = name.utf8.withContiguousStorageIfAvailable({ find($0) }) { return place }
        return Array(name.utf8).withUnsafeBufferPointer { find($0) }
    }

    private func find(_ name: UnsafeBufferPointer<UInt8>) -> Index {
        let hash = Self.hash(name, seed: seed)
        var index = Int(hash) & mask
        return slots.withUnsafeBufferPointer { slots in
            while slots[index].place >= 0 {
                let slot = slots[index]
                if slot.hash == hash, Int(slot.count) == name.count, equals(name, from: Int(slot.start)) {
                    return slot.place
                }
                index = (index + 1) & mask
            }
            return -1
        }
    }

    @inline(__always)
    private func equals(_ name: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            for offset in 0..<name.count where bytes[start + offset] != name[offset] { return false }
            return true
        }
    }

    /// Eight bytes a turn; good enough for a table whose contents are fixed and whose seed is secret.
    @inline(__always)
    private static func hash(_ name: UnsafeBufferPointer<UInt8>, seed: UInt64) -> UInt32 {
        var state = seed ^ UInt64(truncatingIfNeeded: name.count)
        let raw = UnsafeRawBufferPointer(name)
        var offset = 0
        while offset + 8 <= raw.count {
            state = mix(state ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < raw.count {
            rest = rest << 8 | UInt64(raw[offset])
            offset += 1
        }
        return UInt32(truncatingIfNeeded: mix(state ^ rest))
    }

    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        let (high, low) = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return high ^ low
    }
}
