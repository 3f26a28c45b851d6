extension IPAddress {
    /// See ``init(_:)``.
    init?(parsing bytes: Bytes) {
        if let value = IPAddress.dottedQuad(bytes) {
            self = .v4(value)
        } else if let value = IPAddress.groups(bytes) {
            self = .v6(value)
        } else {
            return nil
        }
    }

    /// `ddd.ddd.ddd.ddd`: exactly four numbers up to 255, no leading zeros, nothing else.
    static func dottedQuad(_ bytes: Bytes) -> UInt32? {
        guard bytes.count >= 7, bytes.count <= 15 else { return nil }
        var value: UInt32 = 0
        var numbers = 0
        var index = 0
        while numbers < 4 {
            let start = index
            var number: UInt32 = 0
            while index < bytes.count, bytes[index].isDigit, index - start < 3 {
                number = number * 10 + UInt32(bytes[index] &- 0x30)
                index += 1
            }
            let digits = index - start
            guard digits > 0, number <= 255, digits == 1 || bytes[start] != 0x30 else { return nil }
            value = value << 8 | number
            numbers += 1
            if numbers < 4 {
                guard index < bytes.count, bytes[index] == .dot else { return nil }
                index += 1
            }
        }
        return index == bytes.count ? value : nil
    }

    /// Eight groups of one to four hexadecimal digits; one `::` stands for one or more zero groups; the last two groups
    /// may be a dotted quad.
    static func groups(_ bytes: Bytes) -> UInt128? {
        let colon = UInt8(ascii: ":")
        guard bytes.count >= 2, bytes.count <= 45 else { return nil }
        var value: UInt128 = 0
        var count = 0
        var gap: Int?
        var index = 0
        if bytes[0] == colon {
            guard bytes[1] == colon else { return nil }
            gap = 0
            index = 2
        }
        while index < bytes.count {
            guard count < 8 else { return nil }
            let start = index
            var group: UInt128 = 0
            while index < bytes.count, index - start < 4, let digit = bytes[index].hexValue {
                group = group << 4 | UInt128(digit)
                index += 1
            }
            if index < bytes.count, bytes[index] == .dot {
                guard count <= 6, let quad = dottedQuad(bytes[bytes: start..<bytes.count]) else { return nil }
                value = value << 32 | UInt128(quad)
                count += 2
                break
            }
            guard index > start else { return nil }
            value = value << 16 | group
            count += 1
            guard index < bytes.count else { break }
            guard bytes[index] == colon, index + 1 < bytes.count else { return nil }
            index += 1
            if bytes[index] == colon {
                guard gap == nil else { return nil }
                gap = count
                index += 1
            }
        }
        guard let gap else { return count == 8 ? value : nil }
        guard count < 8 else { return nil }
        let tailBits = 16 * (count - gap)
        let tail = value & ((1 << tailBits) - 1)
        return (value >> tailBits) << (16 * (8 - gap)) | tail
    }
}
