/// How the wire between the two ends behaves; the same in both directions.
struct LinkSettings: Equatable {
    /// How long each packet travels, one way. Default 0.
    var delay: Nanoseconds = 0
    /// The share of packets lost at random, from 0 to 1. Default 0.
    var loss = 0.0
    /// Bytes per second; 0, the default, means no limit.
    var rate = 0
    /// Bytes that may be under way or waiting in one direction; 0, the default, means `queueLimit` chooses.
    var queue = 0
    /// What the loss is drawn from. Default 1.
    var seed: UInt64 = 1
    /// Whether every packet vanishes, those under way included. Default `false`.
    var isDropping = false

    /// The bytes one direction may hold before the newest packet is dropped: `queue` if it is set; else 64 MiB on an
    /// unlimited link, and on a limited one what the delay holds plus 100 ms of waiting plus 64 KiB.
    var queueLimit: Int {
        if queue > 0 { return queue }
        let unlimited = 64 * 1024 * 1024
        if rate == 0 { return unlimited }
        let held = Double(rate) * (Double(delay) / 1e9 + 0.1) + 65536
        return held < 4 * Double(unlimited) ? Int(held) : 4 * unlimited
    }

    /// Whether the kernel may hand over 64 KiB TCP segments for the far end to take whole. Loss and rate are about
    /// single packets of 1,500 bytes, so either one rules this out.
    var allowsSegmentationOffload: Bool {
        loss == 0 && rate == 0
    }
}
