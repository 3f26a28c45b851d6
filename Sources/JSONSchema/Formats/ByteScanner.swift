/// Reads dates and times (RFC 3339) byte by byte. Each method takes what it names, or answers false.
struct ByteScanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { index == bytes.count }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    /// A letter, large or small.
    private mutating func take(letter: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] | 0x20 == letter | 0x20 else { return false }
        index += 1
        return true
    }

    private mutating func number(_ digits: Int) -> Int? {
        guard index + digits <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[index..<index + digits] {
            guard byte.isDigit else { return nil }
            value = value * 10 + Int(byte &- UInt8(ascii: "0"))
        }
        index += digits
        return value
    }

    mutating func dateTime() -> Bool {
        date() && take(letter: UInt8(ascii: "T")) && time()
    }

    /// `full-date`, with the length of the month minded.
    mutating func date() -> Bool {
        guard let year = number(4), take(UInt8(ascii: "-")), let month = number(2), take(UInt8(ascii: "-")),
            let day = number(2), (1...12).contains(month)
        else { return false }
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        let days = month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
        return (1...days).contains(day)
    }

    /// `full-time`; a leap second is one only at the end of a day in UTC.
    mutating func time() -> Bool {
        guard let hour = number(2), take(UInt8(ascii: ":")), let minute = number(2), take(UInt8(ascii: ":")),
            let second = number(2), hour < 24, minute < 60, second <= 60
        else { return false }
        if take(UInt8(ascii: ".")) {
            let start = index
            while index < bytes.count, bytes[index].isDigit { index += 1 }
            guard index > start else { return false }
        }
        guard let offset = offset() else { return false }
        let minutes = (hour * 60 + minute - offset + 2880) % 1440
        return second < 60 || minutes == 1439
    }

    /// Minutes ahead of UTC.
    private mutating func offset() -> Int? {
        if take(letter: UInt8(ascii: "Z")) { return 0 }
        let isAhead = take(UInt8(ascii: "+"))
        guard isAhead || take(UInt8(ascii: "-")), let hour = number(2), take(UInt8(ascii: ":")), let minute = number(2),
            hour < 24, minute < 60
        else { return nil }
        return (isAhead ? 1 : -1) * (hour * 60 + minute)
    }

    /// RFC 3339, appendix A: units in order and without gaps, weeks alone.
    mutating func duration() -> Bool {
        guard take(UInt8(ascii: "P")) else { return false }
        guard let first = units("YMDW") else { return false }
        if first.last == UInt8(ascii: "W") { return first.count == 1 }
        if first.contains(UInt8(ascii: "W")) || first == Array("YD".utf8) { return false }
        guard take(UInt8(ascii: "T")) else { return !first.isEmpty }
        guard let second = units("HMS") else { return false }
        return !second.isEmpty && second != Array("HS".utf8)
    }

    /// Numbers with their units, which must stand in the order given.
    private mutating func units(_ order: String) -> [UInt8]? {
        var found: [UInt8] = []
        var rest = Array(order.utf8)[...]
        while index < bytes.count, bytes[index].isDigit {
            while index < bytes.count, bytes[index].isDigit { index += 1 }
            guard index < bytes.count, let place = rest.firstIndex(of: bytes[index]) else { return nil }
            found.append(bytes[index])
            rest = rest[(place + 1)...]
            index += 1
        }
        return found
    }
}
