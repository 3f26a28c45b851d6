import Glibc

/// The whole laboratory: two devices, the two directions between them, and the control input.
final class Forwarder {
    private let devices: [TunDevice]
    private let directions: [Direction]
    private let signals: CInt
    private let control: CInt
    private let replies: CInt
    private var settings: LinkSettings
    private var lines = LineBuffer()
    private var isDone = false

    /// Makes the devices. Commands are read from `control`, and each gets one line on `replies`.
    init(settings: LinkSettings, control: CInt, replies: CInt) throws(LabError) {
        let (first, second) = (try TunDevice(), try TunDevice())
        devices = [first, second]
        directions = [
            Direction(from: first, to: second, settings: settings, stream: 0),
            Direction(from: second, to: first, settings: settings, stream: 0x5851_F42D_4C95_7F2D),
        ]
        self.settings = settings
        self.control = control
        self.replies = replies
        signals = try SignalPipe.open()
    }

    /// Says `ready` and the names of the two interfaces, then forwards until `quit`, the end of the control input,
    /// SIGINT, SIGTERM or SIGHUP, and says the counters. Throws when an interface is gone.
    func run() throws(LabError) {
        try apply(settings)
        reply("ready \(devices.map(\.name).joined(separator: " "))")
        while !isDone {
            try turn()
        }
        reply(report)
    }

    private func turn() throws(LabError) {
        let now = monotonicNow()
        for direction in directions {
            direction.deliver(now: now)
        }
        var readable = DescriptorSet()
        for descriptor in directions.map(\.descriptor) + [signals, control] {
            readable.insert(descriptor)
        }
        let due = directions.compactMap(\.nextDue).min()
        try readable.waitUntilReadable(timeout: due.map { max(0, $0 - monotonicNow()) })
        if readable.contains(signals) { try takeSignals() }
        if readable.contains(control) { try takeCommands() }
        for direction in directions where readable.contains(direction.descriptor) {
            try direction.receive()
        }
    }

    private func takeSignals() throws(LabError) {
        var numbers = [UInt8](repeating: 0, count: 64)
        let count = read(signals, &numbers, numbers.count)
        for number in numbers.prefix(max(0, count)) {
            switch CInt(number) {
            case SIGUSR1: try drop(true)
            case SIGUSR2: try drop(false)
            default: isDone = true
            }
        }
    }

    private func takeCommands() throws(LabError) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(control, &bytes, bytes.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        if count <= 0 { isDone = true }
        for line in lines.append(bytes.prefix(max(0, count))) where !isDone {
            do {
                switch try Command.parse(line, settings: settings) {
                case .set(let new):
                    try apply(new)
                    reply("ok")
                case .restartDice(let new):
                    try apply(new)
                    for direction in directions { direction.restartDice() }
                    reply("ok")
                case .stats: reply(report)
                case .quit: isDone = true
                }
            } catch {
                reply("error: \(error)")
            }
        }
    }

    private func drop(_ isDropping: Bool) throws(LabError) {
        var new = settings
        new.isDropping = isDropping
        try apply(new)
    }

    private func apply(_ new: LinkSettings) throws(LabError) {
        for device in devices {
            try device.offloadSegmentation(new.allowsSegmentationOffload)
        }
        for direction in directions {
            direction.apply(new)
        }
        settings = new
    }

    private var report: String {
        """
        {"settings":\(settings.json),"a_to_b":\(directions[0].report),"b_to_a":\(directions[1].report)}
        """
    }

    /// Writes one line; lets it go when nobody has read the last ones, rather than hold up the packets.
    private func reply(_ line: String) {
        guard DescriptorSet.isWritable(replies) else { return }
        let bytes = Array("\(line)\n".utf8)
        _ = write(replies, bytes, bytes.count)
    }
}
