extension Timestamp {
    /// Microseconds since 1970 of a time as RFC 3339 writes it, with or without a fraction, in UTC or at an offset; or of a
    /// date alone, which is its midnight in UTC. Nil for anything else.
    package static func microseconds(_ text: String) -> Int64? {
        var reader = TimeReader(text.utf8[...])
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), (1...12).contains(month), (1...daysInMonth(month, year)).contains(day)
        else { return nil }
        let midnight = days(year: year, month: month, day: day) * 86_400
        if reader.isAtEnd { return midnight * 1_000_000 }
        guard reader.take("T") || reader.take("t") || reader.take(" "), let hour = reader.number(2), reader.take(":"),
            let minute = reader.number(2), reader.take(":"), let second = reader.number(2), hour < 24, minute < 60,
            second < 61
        else { return nil }
        var microseconds = (midnight + hour * 3600 + minute * 60 + second) * 1_000_000
        if reader.take(".") {
            guard let fraction = reader.fraction() else { return nil }
            microseconds += fraction
        }
        if reader.take("Z") || reader.take("z") { return reader.isAtEnd ? microseconds : nil }
        // A plus sign in a query that was not encoded arrives as a space.
        let isBehind = reader.take("-")
        guard isBehind || reader.take("+") || reader.take(" "), let hours = reader.number(2), reader.take(":"),
            let minutes = reader.number(2), hours < 24, minutes < 60, reader.isAtEnd
        else { return nil }
        let offset = (hours * 60 + minutes) * 60_000_000
        return isBehind ? microseconds + offset : microseconds - offset
    }

    private static func daysInMonth(_ month: Int64, _ year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Int(month - 1)]
    }

    /// Days since 1970, counting years from March so that the leap day is a year's last.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let years = month <= 2 ? year - 1 : year
        let era = (years >= 0 ? years : years - 399) / 400
        let yearOfEra = years - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

private struct TimeReader {
    private var rest: Substring.UTF8View.SubSequence

    init(_ text: String.UTF8View.SubSequence) { rest = Substring(text).utf8[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Character) -> Bool {
        guard let byte = rest.first, byte == character.asciiValue else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(_ digits: Int) -> Int64? {
        guard rest.count >= digits else { return nil }
        var value: Int64 = 0
        for _ in 0..<digits {
            let digit = rest.removeFirst() &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int64(digit)
        }
        return value
    }

    /// Microseconds; what is finer is cut off.
    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var digits = 0
        while let byte = rest.first, byte &- UInt8(ascii: "0") < 10 {
            rest.removeFirst()
            if digits < 6 { value = value * 10 + Int64(byte &- UInt8(ascii: "0")) }
            digits += 1
        }
        guard digits > 0 else { return nil }
        for _ in min(digits, 6)..<6 { value *= 10 }
        return value
    }
}
