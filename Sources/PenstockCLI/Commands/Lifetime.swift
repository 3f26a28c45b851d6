import ArgumentParser
import Settings

/// A length of time as people write it: `30d`, `12h`, `45m`, `90s`.
struct Lifetime: Sendable, Hashable, ExpressibleByArgument {
    /// At least 1.
    let seconds: Int64

    init?(argument: String) {
        guard let duration = parseDuration(argument), duration.components.seconds >= 1 else { return nil }
        seconds = duration.components.seconds
    }
}
