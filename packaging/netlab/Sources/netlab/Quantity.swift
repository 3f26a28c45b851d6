/// Quantities as people write them on the command line and in commands.
enum Quantity {
    private static let delayUnits: [(suffix: String, scale: Double)] = [
        ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("", 1e6),
    ]
    private static let byteUnits: [(suffix: String, scale: Double)] = [
        ("KiB", 1024), ("MiB", 1_048_576), ("GiB", 1_073_741_824),
        ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("B", 1), ("", 1),
    ]

    /// `50`, `50ms`, `200us` or `1.5s`; a bare number is milliseconds. At most a minute.
    static func delay(_ text: String) throws(LabError) -> Nanoseconds {
        guard let value = scaled(text, by: delayUnits), value <= 60e9 else {
            throw LabError("'\(text)' is not a delay: write 50ms, 200us or 1s, at most 60s")
        }
        return Nanoseconds(value)
    }

    /// `1`, `0.5` or `1%`, as a share between 0 and 1.
    static func loss(_ text: String) throws(LabError) -> Double {
        guard let value = scaled(text, by: [("%", 1), ("", 1)]), value <= 100 else {
            throw LabError("'\(text)' is not a loss: write a percentage between 0 and 100, such as 0.5")
        }
        return value / 100
    }

    /// `1000000`, `10MB` or `64KiB`. At most 100 GB.
    static func bytes(_ text: String) throws(LabError) -> Int {
        guard let value = scaled(text, by: byteUnits), value <= 100e9 else {
            throw LabError("'\(text)' is not a number of bytes: write 1000000, 10MB or 64KiB, at most 100GB")
        }
        return Int(value)
    }

    /// A whole number from 0 to 2^64 - 1.
    static func seed(_ text: String) throws(LabError) -> UInt64 {
        guard let value = UInt64(text) else {
            throw LabError("'\(text)' is not a seed: write a whole number")
        }
        return value
    }

    private static func scaled(_ text: String, by units: [(suffix: String, scale: Double)]) -> Double? {
        for unit in units where text.hasSuffix(unit.suffix) {
            let number = text.dropLast(unit.suffix.count)
            guard let first = number.utf8.first, (0x30...0x39).contains(first) else { continue }
            if let value = Double(number), value.isFinite {
                return value * unit.scale
            }
        }
        return nil
    }
}
