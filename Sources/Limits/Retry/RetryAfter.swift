package import NIOCore

/// The field `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
package enum RetryAfter {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// How long to wait; nil where the field cannot be read. A date in the past is no wait. More than `longest` is cut to that.
    /// - Parameter now: microseconds since 1970.
    package static func wait(_ text: some StringProtocol, now: Int64, longest: TimeAmount = .hours(24)) -> TimeAmount? {
        let text = Substring(text)
        let cap = max(longest.nanoseconds / 1_000_000_000, 0)
        if !text.isEmpty, text.utf8.allSatisfy({ $0 &- 0x30 < 10 }) {
            // Too many digits for a number are more than the cap.
            return .seconds(min(Int64(text) ?? .max, cap))
        }
        guard let date = seconds(text, now: now / 1_000_000) else { return nil }
        let left = date - now / 1_000_000
        return .seconds(min(max(left, 0), cap))
    }

    /// Seconds since 1970 of a date in any of the three forms that receivers accept (RFC 9110 section 5.6.7).
    private static func seconds(_ text: Substring, now: Int64) -> Int64? {
        let words = text.utf8.split(separator: UInt8(ascii: " "), maxSplits: 6)
        // `Sun Nov  6 08:49:37 1994`, as C's asctime writes it.
        if words.count == 5, words[0].count == 3, text.utf8.count == 24 {
            return seconds(day: words[2], month: words[1], year: number(words[4], digits: 4), time: words[3])
        }
        guard words.last.map({ $0.elementsEqual("GMT".utf8) }) == true, let comma = words.first,
            comma.last == UInt8(ascii: ",")
        else { return nil }
        // `Sun, 06 Nov 1994 08:49:37 GMT`
        if words.count == 6, text.utf8.count == 29 {
            return seconds(day: words[1], month: words[2], year: number(words[3], digits: 4), time: words[4])
        }
        // `Sunday, 06-Nov-94 08:49:37 GMT`, of RFC 850.
        let date = words.count == 4 ? words[1].split(separator: UInt8(ascii: "-")) : []
        guard date.count == 3, let year = number(date[2], digits: 2) else { return nil }
        let thisYear = 1970 + now / 31_556_952
        var whole = thisYear / 100 * 100 + year
        // The year of these two digits that is at most 50 years ahead.
        if whole > thisYear + 50 { whole -= 100 } else if whole <= thisYear - 50 { whole += 100 }
        return seconds(day: date[0], month: date[1], year: whole, time: words[2])
    }

    private static func seconds(
        day: Substring.UTF8View, month: Substring.UTF8View, year: Int64?, time: Substring.UTF8View
    ) -> Int64? {
        let clock = time.split(separator: UInt8(ascii: ":"))
        guard clock.count == 3, time.count == 8, day.count <= 2,
            let month = months.firstIndex(of: String(decoding: month, as: UTF8.self)), let year,
            let day = number(day), let hour = number(clock[0]), let minute = number(clock[1]),
            let second = number(clock[2]), 1...31 ~= day, hour < 24, minute < 60, second < 61
        else { return nil }
        // Years counted from March, so that the leap day is a year's last.
        let years = month < 2 ? year - 1 : year
        let dayOfYear = (153 * Int64((month + 10) % 12) + 2) / 5 + day - 1
        let days = years * 365 + years / 4 - years / 100 + years / 400 + dayOfYear - 719_468
        return days * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// - Parameter digits: how many there must be, at most four; nil for any number of them.
    private static func number(_ bytes: Substring.UTF8View, digits: Int? = nil) -> Int64? {
        guard !bytes.isEmpty, bytes.count <= 4, digits.map({ $0 == bytes.count }) ?? true else { return nil }
        var value: Int64 = 0
        for digit in bytes {
            guard digit &- 0x30 < 10 else { return nil }
            value = value * 10 + Int64(digit &- 0x30)
        }
        return value
    }
}
