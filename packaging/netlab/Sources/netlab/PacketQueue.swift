/// Packets under way in one direction, first in first out, in blocks of raw memory.
///
/// A packet is read from the device straight into the queue and written from there, so nothing is copied.
final class PacketQueue {
    /// The most bytes a packet may have: a 64 KiB segment and the header in front of it.
    static let packetLimit = 65536 + 64

    private struct Block {
        let memory: UnsafeMutableRawPointer
        var readOffset = 0
        var writeOffset = 0

        init() {
            memory = .allocate(byteCount: PacketQueue.blockBytes, alignment: 16)
        }
    }

    private static let blockBytes = 1024 * 1024
    private static let headerBytes = 16
    private static let sparesKept = 4

    private var blocks: [Block] = []
    private var spares: [Block] = []

    /// The bytes of all packets held.
    private(set) var bytes = 0

    deinit {
        for block in blocks + spares {
            block.memory.deallocate()
        }
    }

    /// Room for one packet of at most `packetLimit` bytes, which `append` then keeps. Valid until the next call.
    func room() -> UnsafeMutableRawBufferPointer {
        let needed = Self.headerBytes + Self.packetLimit
        if blocks.isEmpty || blocks[blocks.count - 1].writeOffset + needed > Self.blockBytes {
            blocks.append(spares.popLast() ?? Block())
        }
        let block = blocks[blocks.count - 1]
        let start = block.memory + block.writeOffset + Self.headerBytes
        return UnsafeMutableRawBufferPointer(start: start, count: Self.packetLimit)
    }

    /// Keeps the first `count` bytes of the room that was just handed out.
    func append(count: Int, deliverAt: Nanoseconds) {
        guard !blocks.isEmpty, count <= Self.packetLimit else { return }
        let last = blocks.count - 1
        let header = blocks[last].memory + blocks[last].writeOffset
        header.storeBytes(of: deliverAt, as: Nanoseconds.self)
        header.storeBytes(of: count, toByteOffset: 8, as: Int.self)
        blocks[last].writeOffset += Self.headerBytes + (count + 15) / 16 * 16
        bytes += count
    }

    /// When the first packet is due; `nil` when the queue is empty.
    var firstDue: Nanoseconds? {
        guard let block = blocks.first, block.readOffset < block.writeOffset else { return nil }
        return (block.memory + block.readOffset).load(as: Nanoseconds.self)
    }

    /// Removes the first packet and hands it out; valid until the next call. `nil` when the queue is empty.
    func popFirst() -> UnsafeRawBufferPointer? {
        guard let block = blocks.first, block.readOffset < block.writeOffset else { return nil }
        let header = block.memory + block.readOffset
        let count = header.load(fromByteOffset: 8, as: Int.self)
        blocks[0].readOffset += Self.headerBytes + (count + 15) / 16 * 16
        bytes -= count
        if blocks[0].readOffset == blocks[0].writeOffset {
            retireFirst()
        }
        return UnsafeRawBufferPointer(start: header + Self.headerBytes, count: count)
    }

    private func retireFirst() {
        blocks[0].readOffset = 0
        blocks[0].writeOffset = 0
        guard blocks.count > 1 else { return }
        let block = blocks.removeFirst()
        // The packet just handed out still lies in this block, so it is kept and an older spare is let go.
        spares.append(block)
        if spares.count > Self.sparesKept {
            spares.removeFirst().memory.deallocate()
        }
    }
}
