/// What became of the packets of one direction. With segmentation offload a packet may be a segment of up to 64 KiB.
struct Counters: Equatable {
    var sentPackets = 0
    var sentBytes = 0
    var deliveredPackets = 0
    var deliveredBytes = 0
    /// Lost by the dice.
    var lost = 0
    /// Dropped because the queue was full.
    var overflowed = 0
    /// Vanished while the link was set to drop everything.
    var silenced = 0
    /// Not taken by the kernel at the far end.
    var refused = 0

    /// A JSON object; `queued` is the number of bytes under way.
    func json(queued: Int) -> String {
        """
        {"sent_packets":\(sentPackets),"sent_bytes":\(sentBytes),\
        "delivered_packets":\(deliveredPackets),"delivered_bytes":\(deliveredBytes),\
        "lost":\(lost),"overflowed":\(overflowed),"silenced":\(silenced),"refused":\(refused),\
        "queued_bytes":\(queued)}
        """
    }
}
