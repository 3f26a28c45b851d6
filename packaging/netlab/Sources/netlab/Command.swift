/// One line of the control input.
enum Command: Equatable {
    /// The link behaves like this from now on.
    case set(LinkSettings)
    /// The same, and its dice start again from the seed.
    case restartDice(LinkSettings)
    case stats
    case quit

    /// Reads `drop`, `pass`, `delay 50`, `loss 1`, `rate 10MB`, `queue 1MiB`, `seed 7`, `stats` or `quit`; `settings`
    /// are those the link has now.
    static func parse(_ line: String, settings: LinkSettings) throws(LabError) -> Command {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        var settings = settings
        switch (words.first, words.count) {
        case ("drop", 1): settings.isDropping = true
        case ("pass", 1): settings.isDropping = false
        case ("stats", 1): return .stats
        case ("quit", 1): return .quit
        case (let name?, 2): try settings.set(name, to: words[1])
        default: throw LabError("'\(line)' is not a command: \(usage)")
        }
        if words.first == "seed" { return .restartDice(settings) }
        return .set(settings)
    }

    private static let usage =
        "write drop, pass, delay MS, loss PERCENT, rate BYTES, queue BYTES, seed N, stats or quit"
}

extension LinkSettings {
    /// Sets one quantity by the name it has in commands and, after `--`, on the command line.
    mutating func set(_ name: String, to text: String) throws(LabError) {
        switch name {
        case "delay": delay = try Quantity.delay(text)
        case "loss": loss = try Quantity.loss(text)
        case "rate": rate = try Quantity.bytes(text)
        case "queue": queue = try Quantity.bytes(text)
        case "seed": seed = try Quantity.seed(text)
        default: throw LabError("'\(name)' is no setting: there are delay, loss, rate, queue and seed")
        }
    }

    /// The settings as a JSON object.
    var json: String {
        """
        {"delay_ms":\(Double(delay) / 1e6),"loss_percent":\(loss * 100),"rate":\(rate),"queue":\(queueLimit),\
        "seed":\(seed),"dropping":\(isDropping)}
        """
    }

    /// Reads `--delay 50ms --loss 0.5 --rate 10MB --queue 1MiB --seed 7`, in any order, each optional.
    init(arguments: some Sequence<String>) throws(LabError) {
        self.init()
        var iterator = arguments.makeIterator()
        while let flag = iterator.next() {
            guard flag.hasPrefix("--"), let value = iterator.next() else {
                throw LabError(
                    "'\(flag)' is out of place: write --delay, --loss, --rate, --queue or --seed and a value")
            }
            try set(String(flag.dropFirst(2)), to: value)
        }
    }
}
