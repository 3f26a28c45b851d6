extension IPAddress {
    /// The most dangerous class among the IPv4 addresses that `value` embeds; nil where it embeds none.
    static func mostDangerousEmbeddedClass(in value: UInt128) -> AddressClass? {
        let last = UInt32(truncatingIfNeeded: value)
        let front = value >> 32
        // Compatible (::/96), mapped (::ffff:0:0/96), translated (::ffff:0:0:0/96), NAT64 (64:ff9b::/96, RFC 6052).
        if front == 0 || front == 0xffff || front == 0xffff_0000 || front == 0x0064_ff9b_0000_0000_0000_0000 {
            return classify(v4: last)
        }
        if value >> 80 == 0x0064_ff9b_0001 { return localNAT64Class(of: value) }
        if value >> 112 == 0x2002 {  // 6to4, RFC 3056
            let own = classify(v4: UInt32(truncatingIfNeeded: value >> 80))
            return max(own, isatapClass(of: value) ?? .global)
        }
        if value >> 96 == 0x2001_0000 {  // Teredo, RFC 4380 section 4: server in clear, client with all bits flipped
            return max(classify(v4: UInt32(truncatingIfNeeded: value >> 64)), classify(v4: ~last))
        }
        return isatapClass(of: value)
    }

    /// 64:ff9b:1::/48 (RFC 8215) may hold the address in any layout of RFC 6052 section 2.2, and only its operator
    /// knows which. Every layout is read. One that gives 0.0.0.0/8 is the padding of another, unless all of them do.
    private static func localNAT64Class(of value: UInt128) -> AddressClass {
        let byte = { (index: Int) in UInt32(truncatingIfNeeded: value >> (120 - 8 * index)) & 0xff }
        let quad = { (first: Int, second: Int, third: Int, fourth: Int) in
            byte(first) << 24 | byte(second) << 16 | byte(third) << 8 | byte(fourth)
        }
        let layouts = (quad(6, 7, 9, 10), quad(7, 9, 10, 11), quad(9, 10, 11, 12), quad(12, 13, 14, 15))
        var worst: AddressClass?
        for candidate in [layouts.0, layouts.1, layouts.2, layouts.3] where candidate >> 24 != 0 {
            worst = max(worst ?? .global, classify(v4: candidate))
        }
        return worst ?? .unspecified
    }

    /// ISATAP (RFC 5214 section 6.1): an interface identifier of `[02]00:5efe` and an IPv4 address under any prefix.
    private static func isatapClass(of value: UInt128) -> AddressClass? {
        let marker = UInt32(truncatingIfNeeded: value >> 32)
        guard marker == 0x0000_5efe || marker == 0x0200_5efe else { return nil }
        return classify(v4: UInt32(truncatingIfNeeded: value))
    }
}
