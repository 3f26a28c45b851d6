/// Builds one line of JSON by hand: the hot path writes a record for each call. It cannot be
/// copied, and so neither are the bytes that it holds.
package struct JSONLine: ~Copyable {
    private var bytes: [UInt8]

    /// - Parameter bytes: a buffer to append to. It is copied, unless the caller gives it away.
    package init(appendingTo bytes: consuming [UInt8] = []) {
        self.bytes = bytes
        self.bytes.append(UInt8(ascii: "{"))
    }

    package mutating func add(_ key: StaticString, _ value: String) {
        name(key)
        string(value)
    }

    package mutating func add(_ key: String, text value: String) {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        string(key)
        bytes.append(UInt8(ascii: ":"))
        string(value)
    }

    package mutating func add(_ key: StaticString, _ value: Int) {
        name(key)
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        Self.append(value.magnitude, width: 1, to: &bytes)
    }

    package mutating func add(_ key: StaticString, raw value: [UInt8]) {
        name(key)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: value)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Ends the line, and gives the buffer back.
    package consuming func finish() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private mutating func name(_ key: StaticString) {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func string(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        let isPlain: Bool? = value.utf8.withContiguousStorageIfAvailable { text in
            guard text.allSatisfy(Self.isPlain) else { return false }
            bytes.append(contentsOf: text)
            return true
        }
        if isPlain != true { escaped(value) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Whether a byte stands for itself in a string.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != 0x7f
    }

    private mutating func escaped(_ value: String) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20, 0x7f:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(Self.hex(byte >> 4))
                bytes.append(Self.hex(byte & 15))
            default:
                bytes.append(byte)
            }
        }
    }

    /// Appends decimal digits, with zeros before them up to `width`.
    package static func append(_ value: UInt, width: Int, to bytes: inout [UInt8]) {
        var count = 1
        var rest = value / 10
        while rest > 0 {
            count += 1
            rest /= 10
        }
        for _ in count..<max(count, width) { bytes.append(UInt8(ascii: "0")) }
        // The most that 64 bits come to are 20 digits.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            rest = value
            for index in (0..<count).reversed() {
                digits.initializeElement(at: index, to: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
                rest /= 10
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[..<count]))
        }
    }

    private static func hex(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
