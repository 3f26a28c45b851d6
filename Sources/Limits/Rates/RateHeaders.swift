extension RateDecision {
    /// The header fields that tell a caller about the limits: `RateLimit-Policy` and `RateLimit`
    /// (draft-ietf-httpapi-ratelimit-headers-10, structured fields of RFC 9651), and `Retry-After` in seconds
    /// (RFC 9110 section 10.2.3) where the call is refused. Empty where there is no limit. Names are lower case.
    package var headerFields: [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        if tightest != nil {
            let policy = Self.list(minute?.limit, minute.map { _ in 60 }, day?.limit, day.map { _ in 86_400 }, "q", "w")
            let state = Self.list(minute?.remaining, minute?.reset, day?.remaining, day?.reset, "r", "t")
            fields = [("ratelimit-policy", policy), ("ratelimit", state)]
        }
        if case .refused(_, let retryAfter) = outcome { fields.append(("retry-after", String(retryAfter))) }
        return fields
    }

    /// A list of both windows, each with two parameters, written into one string: every call's answer has two of these.
    private static func list(
        _ minute1: Int?, _ minute2: Int?, _ day1: Int?, _ day2: Int?, _ name1: StaticString, _ name2: StaticString
    ) -> String {
        String(unsafeUninitializedCapacity: 128) { bytes in
            var text = TextWriter(bytes)
            if let minute1, let minute2 {
                text.add("\"minute\";")
                text.add(name1, minute1)
                text.add(name2, minute2, before: ";")
            }
            if let day1, let day2 {
                text.add(minute1 == nil ? "\"day\";" : ", \"day\";")
                text.add(name1, day1)
                text.add(name2, day2, before: ";")
            }
            return text.count
        }
    }
}

/// Writes names and numbers one behind the other. Whatever exceeds the room is left out.
private struct TextWriter {
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(_ bytes: UnsafeMutableBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func add(_ text: StaticString) {
        text.withUTF8Buffer { text in
            for byte in text { add(byte) }
        }
    }

    mutating func add(_ name: StaticString, _ value: Int, before: StaticString = "") {
        add(before)
        add(name)
        add(UInt8(ascii: "="))
        if value < 0 { add(UInt8(ascii: "-")) }
        var rest = value.magnitude
        var divisor: UInt = 1
        while rest / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            add(UInt8(ascii: "0") + UInt8(rest / divisor))
            rest %= divisor
            divisor /= 10
        }
    }

    private mutating func add(_ byte: UInt8) {
        guard count < bytes.count else { return }
        bytes[count] = byte
        count += 1
    }
}
