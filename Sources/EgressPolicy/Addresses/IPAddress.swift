/// An IPv4 or IPv6 address as a number. It has no zone id and no port.
///
/// Two spellings of one address are equal; an IPv4-mapped IPv6 address is *not* equal to its IPv4 address: compare
/// ``unmapped`` where both mean the same peer.
package enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    case v6(UInt128)

    /// A strict dotted quad (four decimal numbers without leading zeros), or RFC 4291 section 2.2 text without brackets
    /// and without a zone id. Nil for anything else, so that `127.1`, `0x7f.0.0.1` and `fe80::1%eth0` are refused (S4).
    package init?(_ text: some StringProtocol) {
        guard let parsed = withBytes(of: text, { IPAddress(parsing: $0) }) else { return nil }
        self = parsed
    }

    /// Four or sixteen bytes in network order; nil for any other count.
    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16: self = .v6(bytes.reduce(0) { $0 << 8 | UInt128($1) })
        default: return nil
        }
    }

    /// Four or sixteen bytes in network order.
    package var bytes: [UInt8] {
        switch self {
        case .v4(let value): (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
        case .v6(let value): (0..<16).map { UInt8(truncatingIfNeeded: value >> (120 - 8 * $0)) }
        }
    }

    /// True for IPv4; an IPv4-mapped IPv6 address is IPv6.
    package var isV4: Bool {
        if case .v4 = self { true } else { false }
    }

    /// The IPv4 address of an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), any other address itself: what a
    /// socket connects to.
    package var unmapped: IPAddress {
        if case .v6(let value) = self, value >> 32 == 0xffff { .v4(UInt32(truncatingIfNeeded: value)) } else { self }
    }
}

extension IPAddress: CustomStringConvertible {
    /// A dotted quad, or RFC 5952 text without brackets.
    package var description: String {
        switch self {
        case .v4(let value):
            return "\(value >> 24).\(value >> 16 & 0xff).\(value >> 8 & 0xff).\(value & 0xff)"
        case .v6(let value):
            if case .v4 = unmapped { return "::ffff:\(unmapped)" }
            let groups = (0..<8).map { UInt16(truncatingIfNeeded: value >> (112 - 16 * $0)) }
            let gap = IPAddress.longestZeroRun(groups)
            let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
            guard gap.count > 1 else { return text(groups[...]) }
            return text(groups[..<gap.lowerBound]) + "::" + text(groups[gap.upperBound...])
        }
    }

    /// The leftmost of the longest runs of zero groups (RFC 5952 section 4.2.3).
    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        for index in groups.indices {
            if groups[index] != 0 {
                start = index + 1
            } else if index + 1 - start > longest.count {
                longest = start..<index + 1
            }
        }
        return longest
    }
}
