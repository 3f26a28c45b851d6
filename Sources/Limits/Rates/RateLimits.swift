/// How many calls an API's owner allows. Nil is no limit; nothing below zero is meant.
package struct RateLimits: Sendable, Hashable {
    /// Calls in any 60 seconds.
    package var perMinute: Int?
    /// Calls in a UTC day.
    package var perDay: Int?

    package init(perMinute: Int? = nil, perDay: Int? = nil) {
        self.perMinute = perMinute
        self.perDay = perDay
    }

    /// Whether there is a limit at all.
    package var limitsAnything: Bool { perMinute != nil || perDay != nil }
}
