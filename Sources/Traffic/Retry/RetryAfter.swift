package import NIOCore

/// The field `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
package enum RetryAfter {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// How long to wait; nil where the field cannot be read. Dates are read in the one format that senders may produce
    /// (IMF-fixdate, RFC 9110 section 5.6.7); one in the past is no wait. More than `longest` is cut to that.
    /// - Parameter now: microseconds since 1970.
    package static func wait(_ text: some StringProtocol, now: Int64, longest: TimeAmount = .hours(24)) -> TimeAmount? {
        let text = Substring(text)
        let cap = max(longest.nanoseconds / 1_000_000_000, 0)
        if !text.isEmpty, text.utf8.allSatisfy({ $0 &- 0x30 < 10 }) {
            // Too many digits for a number are more than the cap.
            return .seconds(min(Int64(text) ?? .max, cap))
        }
        guard let date = seconds(text) else { return nil }
        let left = date - now / 1_000_000
        return .seconds(min(max(left, 0), cap))
    }

    /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func seconds(_ text: Substring) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 29, bytes[3] == UInt8(ascii: ","), text.hasSuffix(" GMT"),
            [4, 7, 11, 16].allSatisfy({ bytes[$0] == 0x20 }),
            bytes[19] == UInt8(ascii: ":"), bytes[22] == UInt8(ascii: ":"),
            let month = months.firstIndex(of: String(decoding: bytes[8..<11], as: UTF8.self)),
            let day = number(bytes[5..<7]), let year = number(bytes[12..<16]), let hour = number(bytes[17..<19]),
            let minute = number(bytes[20..<22]), let second = number(bytes[23..<25]),
            1...31 ~= day, hour < 24, minute < 60, second < 61
        else { return nil }
        // Years counted from March, so that the leap day is a year's last.
        let years = month < 2 ? year - 1 : year
        let dayOfYear = (153 * Int64((month + 10) % 12) + 2) / 5 + day - 1
        let days = years * 365 + years / 4 - years / 100 + years / 400 + dayOfYear - 719_468
        return days * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for digit in digits {
            guard digit &- 0x30 < 10 else { return nil }
            value = value * 10 + Int64(digit &- 0x30)
        }
        return value
    }
}
