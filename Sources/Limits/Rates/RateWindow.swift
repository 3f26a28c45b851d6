/// One key's calls of the last minute and of the UTC day. Times are microseconds since 1970.
struct RateWindow: Sendable {
    private static let second: Int64 = 1_000_000
    private static let dayLength = 86_400 * second
    /// A wall clock that went back by less than this is taken to stand still: threads read it before they wait for
    /// each other. By more, it was set.
    private static let clockTolerance = 60 * second

    private var minute = SlidingMinute()
    private var day: Int64 = .min
    private var dayCount = 0
    /// The wall clock of the newest call.
    private var lastSeen: Int64 = .min
    /// What is added to the wall clock, so that the time below never goes back.
    private var offset: Int64 = 0

    /// Judges a call, and counts it where it is allowed. Refused calls cost nothing, and neither does a call in a
    /// window that is not limited: such a key can be forgotten.
    ///
    /// - Parameter counts: false to judge it only, as another limit may still refuse it.
    mutating func take(_ limits: RateLimits, now: Int64, counts: Bool = true) -> RateDecision {
        let time = advance(to: now)
        let dayEnd = (day + 1) * Self.dayLength
        var outcome = RateDecision.Outcome.allowed
        var longest: Int64 = 0
        if let limit = limits.perMinute, minute.sum >= limit {
            // Where nothing is allowed at all, nobody knows when to come back: a window later is as good as any.
            let wait = max(minute.timeUntil(below: limit).map { $0 - time } ?? 60 * Self.second, 1)
            longest = wait
            outcome = .refused(by: .minute, retryAfter: Self.seconds(wait))
        }
        if let limit = limits.perDay, dayCount >= limit {
            let wait = max(dayEnd - lastSeen, 1)
            if wait > longest { outcome = .refused(by: .day, retryAfter: Self.seconds(wait)) }
        }
        if outcome == .allowed, counts {
            if limits.perMinute != nil { minute.add(at: time) }
            if limits.perDay != nil { dayCount += 1 }
        }
        var decision = RateDecision(outcome: outcome)
        if let limit = limits.perMinute {
            let reset = minute.timeUntil(below: 1).map { Self.seconds($0 - time) } ?? 0
            decision.minute = .init(limit: max(limit, 0), remaining: max(limit - minute.sum, 0), reset: reset)
        }
        if let limit = limits.perDay {
            decision.day = .init(
                limit: max(limit, 0), remaining: max(limit - dayCount, 0), reset: Self.seconds(dayEnd - lastSeen))
        }
        return decision
    }

    /// Counts calls that were made earlier, in any order.
    mutating func restore(_ times: some Sequence<Int64>, now: Int64) {
        _ = advance(to: now)
        for time in times where time <= now {
            minute.add(at: time + offset)
            if Self.dayIndex(time) == day { dayCount += 1 }
        }
    }

    /// True where a window that had seen no call would judge every call alike, so that this one can be forgotten.
    func isIdle(at now: Int64) -> Bool {
        var copy = self
        _ = copy.advance(to: now)
        return copy.minute.sum == 0 && copy.dayCount == 0
    }

    /// Brings both windows to `now` and returns the minute's time.
    ///
    /// A clock that was set back by minutes or more must neither forget the calls of the last minute nor hold the key
    /// until it has caught up: the minute's time goes on from where it was. A day that was begun twice counts on.
    private mutating func advance(to now: Int64) -> Int64 {
        if lastSeen == .min || now > lastSeen {
            lastSeen = now
        } else if lastSeen - now > Self.clockTolerance {
            offset += lastSeen - now
            lastSeen = now
        }
        let today = Self.dayIndex(lastSeen)
        if today > day { dayCount = 0 }
        day = today
        minute.advance(to: lastSeen + offset)
        return lastSeen + offset
    }

    private static func dayIndex(_ time: Int64) -> Int64 {
        let (quotient, remainder) = time.quotientAndRemainder(dividingBy: dayLength)
        return remainder < 0 ? quotient - 1 : quotient
    }

    private static func seconds(_ microseconds: Int64) -> Int {
        Int((max(microseconds, 0) + second - 1) / second)
    }
}
