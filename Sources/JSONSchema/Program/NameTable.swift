/// A fixed set of names, each with its place; looking one up takes a hash of its bytes and, as a rule, one comparison.
/// The slots, bytes and names of all sets lie in the program's tables, one set behind the other.
struct NameTable {
    /// One place of the hash table.
    struct Slot {
        var hash: UInt32 = 0
        /// Below zero when the slot is free.
        var place: Index = -1
        var start: Int32 = 0
        var count: Int32 = 0
    }

    private let firstSlot: Int
    private let mask: Int
    /// Keeps those who write schemas from choosing names that collide.
    private let seed: UInt64
    /// The names, in order of place, among those of the program.
    let names: Run32

    /// Adds `names`, which must be unique code point by code point, to `tables`.
    init(_ names: [String], in tables: inout Tables) {
        var capacity = 4
        while capacity < names.count * 2 { capacity *= 2 }
        firstSlot = tables.slots.count
        mask = capacity - 1
        seed = .random(in: .min ... .max)
        self.names = Run32(start: Index(tables.names.count), count: Index(names.count))
        tables.names += names
        tables.slots += Array(repeating: Slot(), count: capacity)
        for (place, name) in names.enumerated() {
            let utf8 = Array(name.utf8)
            let hash = utf8.withUnsafeBufferPointer { Self.hash($0, seed: seed) }
            var index = Int(hash) & mask
            while tables.slots[firstSlot + index].place >= 0 { index = (index + 1) & mask }
            tables.slots[firstSlot + index] = Slot(
                hash: hash, place: Index(place), start: Int32(tables.nameBytes.count), count: Int32(utf8.count))
            tables.nameBytes += utf8
        }
    }

    /// The place of `name`; below zero when it is not in the set. `slots` and `bytes` are the program's.
    @inline(__always)
    func place(of name: String, _ slots: UnsafePointer<Slot>, _ bytes: UnsafePointer<UInt8>) -> Index {
        if let place = name.utf8.withContiguousStorageIfAvailable({ find($0, slots, bytes) }) { return place }
        return Array(name.utf8).withUnsafeBufferPointer { find($0, slots, bytes) }
    }

    @inline(__always)
    private func find(
        _ name: UnsafeBufferPointer<UInt8>, _ slots: UnsafePointer<Slot>, _ bytes: UnsafePointer<UInt8>
    ) -> Index {
        let hash = Self.hash(name, seed: seed)
        let slots = slots + firstSlot
        var index = Int(hash) & mask
        while slots[index].place >= 0 {
            let slot = slots[index]
            if slot.hash == hash, Int(slot.count) == name.count {
                let known = UnsafeBufferPointer(start: bytes + Int(slot.start), count: name.count)
                if equals(known, name) { return slot.place }
            }
            index = (index + 1) & mask
        }
        return -1
    }

    @inline(__always)
    private func equals(_ known: UnsafeBufferPointer<UInt8>, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        let known = UnsafeRawBufferPointer(known)
        let name = UnsafeRawBufferPointer(name)
        guard known.ends == name.ends else { return false }
        var offset = 8
        while offset + 8 < name.count {
            guard known.word(at: offset) == name.word(at: offset) else { return false }
            offset += 8
        }
        return true
    }

    /// Eight bytes a turn; good enough for a table whose contents are fixed and whose seed is secret.
    @inline(__always)
    private static func hash(_ name: UnsafeBufferPointer<UInt8>, seed: UInt64) -> UInt32 {
        let name = UnsafeRawBufferPointer(name)
        let ends = name.ends
        var state = mix(seed ^ UInt64(truncatingIfNeeded: name.count) ^ ends.first)
        var offset = 8
        while offset + 8 < name.count {
            state = mix(state ^ name.word(at: offset))
            offset += 8
        }
        return UInt32(truncatingIfNeeded: mix(state ^ ends.last))
    }

    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        let (high, low) = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return high ^ low
    }
}

extension UnsafeRawBufferPointer {
    @inline(__always)
    fileprivate func word(at offset: Int) -> UInt64 {
        loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    /// The first and the last eight bytes, which may overlap; with the length they tell short names apart.
    @inline(__always)
    fileprivate var ends: (first: UInt64, last: UInt64) {
        if count >= 8 { return (word(at: 0), word(at: count - 8)) }
        if count >= 4 {
            let first = loadUnaligned(fromByteOffset: 0, as: UInt32.self)
            return (UInt64(first), UInt64(loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)))
        }
        guard count > 0 else { return (0, 0) }
        return (UInt64(self[0]) << 8 | UInt64(self[count / 2]), UInt64(self[count - 1]))
    }
}
