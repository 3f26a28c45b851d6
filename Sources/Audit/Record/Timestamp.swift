/// RFC 3339 times in UTC, with microseconds.
package enum Timestamp {
    /// `2026-01-02T03:04:05.000006Z` for a count of microseconds since 1970.
    package static func text(microseconds: Int64) -> String {
        let (days, inDay) = floorDivided(microseconds, by: 86_400_000_000)
        let (year, month, day) = date(ofDay: days)
        let (seconds, fraction) = (inDay / 1_000_000, inDay % 1_000_000)
        var text = ""
        text.reserveCapacity(27)
        add(year, digits: 4, to: &text)
        text += "-"
        add(month, digits: 2, to: &text)
        text += "-"
        add(day, digits: 2, to: &text)
        text += "T"
        add(seconds / 3600, digits: 2, to: &text)
        text += ":"
        add(seconds / 60 % 60, digits: 2, to: &text)
        text += ":"
        add(seconds % 60, digits: 2, to: &text)
        text += "."
        add(fraction, digits: 6, to: &text)
        text += "Z"
        return text
    }

    private static func add(_ value: Int64, digits: Int, to text: inout String) {
        let plain = String(value)
        for _ in 0..<max(0, digits - plain.utf8.count) { text += "0" }
        text += plain
    }

    private static func floorDivided(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// Proleptic Gregorian date of a day counted from 1970-01-01; years are counted from March, so that the leap day
    /// is a year's last.
    private static func date(ofDay days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivided(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}
