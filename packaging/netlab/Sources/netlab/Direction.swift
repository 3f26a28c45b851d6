/// One direction: takes packets from one device, holds them as its link says, and gives them to the other.
final class Direction {
    /// Packets moved in one turn, so that neither direction nor the control input waits long.
    private static let budget = 64

    private let source: TunDevice
    private let sink: TunDevice
    private let queue = PacketQueue()
    private var link: Link
    private var counters = Counters()

    /// `stream` tells the two directions' dice apart.
    init(from source: TunDevice, to sink: TunDevice, settings: LinkSettings, stream: UInt64) {
        self.source = source
        self.sink = sink
        link = Link(settings, stream: stream)
    }

    /// The descriptor that turns readable when there is something to `receive`.
    var descriptor: CInt { source.descriptor }

    /// When the next packet is due; `nil` when none is under way.
    var nextDue: Nanoseconds? { queue.firstDue }

    /// The counters as a JSON object.
    var report: String { counters.json(queued: queue.bytes) }

    /// Applies to packets that come from now on, except that dropping takes those under way too.
    func apply(_ settings: LinkSettings) {
        link.apply(settings)
        guard settings.isDropping else { return }
        while queue.popFirst() != nil {
            counters.silenced += 1
        }
    }

    /// Starts the dice again from the seed of the settings.
    func restartDice() {
        link.restartDice()
    }

    /// Takes what the source has, up to the budget. Throws when the interface is gone.
    func receive() throws(LabError) {
        for _ in 0..<Self.budget {
            guard let count = try source.read(into: queue.room()) else { return }
            let bytes = max(0, count - TunDevice.headerBytes)
            counters.sentPackets += 1
            counters.sentBytes += bytes
            switch link.admit(bytes: bytes, queued: queue.bytes, now: monotonicNow()) {
            case .deliver(let time): queue.append(count: count, deliverAt: time)
            case .silenced: counters.silenced += 1
            case .lost: counters.lost += 1
            case .overflowed: counters.overflowed += 1
            }
        }
    }

    /// Gives the sink what is due at `now`, up to the budget. Packets never overtake one another.
    func deliver(now: Nanoseconds) {
        for _ in 0..<Self.budget {
            guard let due = queue.firstDue, due <= now, let packet = queue.popFirst() else { return }
            if sink.write(packet) {
                counters.deliveredPackets += 1
                counters.deliveredBytes += packet.count - TunDevice.headerBytes
            } else {
                counters.refused += 1
            }
        }
    }
}
