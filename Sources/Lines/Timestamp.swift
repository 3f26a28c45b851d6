import Glibc

/// Writes the time as RFC 3339 in UTC with microseconds; the part down to the second is kept between calls.
package struct Timestamp {
    private var second = -1
    private var prefix: [UInt8] = []

    package init() {}

    /// The time of the wall clock, now.
    package mutating func now() -> [UInt8] {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return text(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    package mutating func text(seconds: Int, nanoseconds: Int) -> [UInt8] {
        if seconds != second {
            second = seconds
            prefix = Self.format(seconds)
        }
        var bytes = prefix
        JSONLine.append(UInt(nanoseconds / 1000), width: 6, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
        return bytes
    }

    private static func format(_ seconds: Int) -> [UInt8] {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        let fields: [(Int32, Int, StaticString)] = [
            (parts.tm_year + 1900, 4, "-"), (parts.tm_mon + 1, 2, "-"), (parts.tm_mday, 2, "T"),
            (parts.tm_hour, 2, ":"), (parts.tm_min, 2, ":"), (parts.tm_sec, 2, "."),
        ]
        for (value, width, separator) in fields {
            JSONLine.append(UInt(value), width: width, to: &bytes)
            bytes.append(separator.utf8Start.pointee)
        }
        return bytes
    }
}
