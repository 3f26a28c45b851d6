/// A range of addresses: `10.20.0.0/16`, `fd00::/8`.
package struct CIDR: Sendable, Hashable, CustomStringConvertible {
    /// The lowest address of the range.
    package let base: IPAddress
    /// Leading bits that count: 0–32 for IPv4, 0–128 for IPv6.
    package let prefixLength: Int
    private let mask: UInt128

    /// The range that holds one address.
    package init(_ address: IPAddress) {
        self.init(base: address.unmapped, prefixLength: address.unmapped.isV4 ? 32 : 128)
    }

    /// `address/length`, or an address alone for the range of that one. A range of IPv4-mapped addresses becomes the
    /// IPv4 range it means.
    /// - Throws: `RuleError` where the text is neither, or has bits set below its prefix.
    package init(_ text: some StringProtocol) throws(RuleError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(first), parts.count <= 2 else {
            throw RuleError(text, "is not an address or a range such as 10.20.0.0/16 or fd00::/8")
        }
        guard parts.count == 2 else {
            self.init(address)
            return
        }
        guard var length = decimal(parts[1], upTo: address.isV4 ? 32 : 128) else {
            let most = address.isV4 ? 32 : 128
            throw RuleError(text, "has no valid prefix length: write a number from 0 to \(most) after the slash")
        }
        var base = address
        if !address.isV4, address.unmapped.isV4, length >= 96 {
            base = address.unmapped
            length -= 96
        }
        self.init(base: base, prefixLength: length)
        guard self.base == base else {
            throw RuleError(text, "has bits set below its prefix: the range is written \(self)")
        }
    }

    private init(base: IPAddress, prefixLength: Int) {
        self.prefixLength = prefixLength
        switch base {
        case .v4(let value):
            let mask = prefixLength == 0 ? 0 : UInt32.max << (32 - prefixLength)
            self.mask = UInt128(mask)
            self.base = .v4(value & mask)
        case .v6(let value):
            mask = prefixLength == 0 ? 0 : UInt128.max << (128 - prefixLength)
            self.base = .v6(value & mask)
        }
    }

    /// True where the range holds `address`. An IPv4-mapped address is looked for in IPv4 ranges; no other embedded
    /// address is unwrapped.
    package func contains(_ address: IPAddress) -> Bool {
        switch (base, address.unmapped) {
        case (.v4(let base), .v4(let value)): value & UInt32(truncatingIfNeeded: mask) == base
        case (.v6(let base), .v6(let value)): value & mask == base
        default: false
        }
    }

    package var description: String { "\(base)/\(prefixLength)" }
}

/// A decimal number without sign or leading zeros, from 0 to `most`.
func decimal(_ text: some StringProtocol, upTo most: Int) -> Int? {
    withBytes(of: text) { bytes -> Int? in
        guard !bytes.isEmpty, bytes.count <= 6, bytes.count == 1 || bytes[0] != 0x30 else { return nil }
        var value = 0
        for byte in bytes {
            guard byte.isDigit else { return nil }
            value = value * 10 + Int(byte &- 0x30)
        }
        return value <= most ? value : nil
    }
}
