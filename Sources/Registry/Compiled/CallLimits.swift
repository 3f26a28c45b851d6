/// How many calls an API's owner allows, all told or with one token. Nil is no limit.
package struct CallLimits: Sendable, Hashable {
    /// Calls in any 60 seconds.
    package var perMinute: Int?
    /// Calls in a UTC day.
    package var perDay: Int?
    /// Calls at the same time.
    package var inFlight: Int?

    package init(perMinute: Int? = nil, perDay: Int? = nil, inFlight: Int? = nil) {
        self.perMinute = perMinute
        self.perDay = perDay
        self.inFlight = inFlight
    }

    /// Whether nothing is limited.
    package var isEmpty: Bool { perMinute == nil && perDay == nil && inFlight == nil }
}
