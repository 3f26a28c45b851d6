import Testing

@testable import netlab

@Suite struct PacketQueueTests {
    private func append(_ byte: UInt8, count: Int, at time: Nanoseconds, to queue: PacketQueue) {
        let room = queue.room()
        for index in 0..<count {
            room[index] = byte
        }
        queue.append(count: count, deliverAt: time)
    }

    @Test("Packets come out whole and in order, over more than one block")
    func order() throws {
        let queue = PacketQueue()
        let counts = (0..<100).map { $0 % 2 == 0 ? 60_001 : 41 }
        for (index, count) in counts.enumerated() {
            append(UInt8(index), count: count, at: Nanoseconds(index), to: queue)
        }
        #expect(queue.bytes == counts.reduce(0, +))
        for (index, count) in counts.enumerated() {
            #expect(queue.firstDue == Nanoseconds(index))
            let packet = try #require(queue.popFirst())
            #expect(packet.count == count)
            #expect(packet.allSatisfy { $0 == UInt8(index) })
        }
        #expect(queue.popFirst() == nil)
        #expect(queue.firstDue == nil)
        #expect(queue.bytes == 0)
    }

    @Test("Room that is not kept leaves no packet")
    func unused() {
        let queue = PacketQueue()
        _ = queue.room()
        #expect(queue.firstDue == nil)
        append(1, count: 10, at: 5, to: queue)
        _ = queue.room()
        #expect(queue.popFirst()?.count == 10)
        #expect(queue.popFirst() == nil)
    }
}
