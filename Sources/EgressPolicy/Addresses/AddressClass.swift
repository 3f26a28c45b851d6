/// What an address is for, by IANA's special-purpose registries (S2). ``global`` is the only class that an unprivileged
/// direct call may reach.
package enum AddressClass: String, Sendable, Hashable, CaseIterable {
    case global
    case documentation
    /// Set aside, deprecated or for benchmarks; in IPv6 also everything outside 2000::/3 that has no class of its own.
    case reserved
    case siteLocal = "site-local"
    case uniqueLocal = "unique-local"
    case cgnat
    case `private`
    case multicast
    case broadcast
    case linkLocal = "link-local"
    case loopback
    /// `0.0.0.0/8` and `::`, which reach the machine itself on some systems.
    case unspecified
    /// An address at which a cloud hands its machines credentials.
    case metadata

    /// True for the classes that a range or a wildcard never opens: loopback, link-local, metadata, unspecified,
    /// multicast, broadcast. Only a rule that names exactly the host or the address does.
    package var needsExactRule: Bool {
        switch self {
        case .loopback, .linkLocal, .metadata, .unspecified, .multicast, .broadcast: true
        case .global, .documentation, .reserved, .siteLocal, .uniqueLocal, .cgnat, .private: false
        }
    }
}

extension IPAddress {
    /// The class of this address. An address that embeds an IPv4 address (mapped, compatible, translated, NAT64, 6to4,
    /// Teredo, ISATAP) has the class of the embedded one; where several are embedded, the most dangerous class counts.
    package func classify() -> AddressClass {
        switch self {
        case .v4(let value): IPAddress.classify(v4: value)
        case .v6(let value): IPAddress.classify(v6: value)
        }
    }

    static func classify(v4 value: UInt32) -> AddressClass {
        switch value {
        case 0xa9fe_a9fe, 0xa9fe_aa02, 0xa9fe_aa17: return .metadata  // 169.254.169.254, 169.254.170.2, 169.254.170.23
        case 0xa9fe_0017: return .metadata  // 169.254.0.23
        case 0x6464_64c8: return .metadata  // 100.100.100.200
        case 0xc000_00c0: return .metadata  // 192.0.0.192
        case 0xa83f_8110: return .metadata  // 168.63.129.16
        case 0xffff_ffff: return .broadcast
        default: break
        }
        switch value >> 24 {
        case 0: return .unspecified
        case 10: return .private
        case 127: return .loopback
        case 224...239: return .multicast
        case 240...255: return .reserved
        default: break
        }
        switch value >> 16 {
        case 0xac10...0xac1f, 0xc0a8: return .private  // 172.16/12, 192.168/16
        case 0x6440...0x647f: return .cgnat  // 100.64/10
        case 0xa9fe: return .linkLocal
        case 0xc612, 0xc613: return .reserved  // 198.18/15, benchmarks
        default: break
        }
        switch value >> 8 {
        case 0xc000_02, 0xc633_64, 0xcb00_71: return .documentation
        case 0xc000_00, 0xc058_63: return .reserved  // 192.0.0/24, 192.88.99/24
        default: return .global
        }
    }

    private static func classify(v6 value: UInt128) -> AddressClass {
        switch value {
        case 0: return .unspecified
        case 1: return .loopback
        case 0xfd00_0ec2_0000_0000_0000_0000_0000_0254, 0xfd00_0ec2_0000_0000_0000_0000_0000_0023,
            0xfd20_00ce_0000_0000_0000_0000_0000_0254, 0xfd00_00c1_0000_0000_0000_0000_a9fe_a9fe,
            0xfd00_0042_0000_0000_0000_0000_0000_0042, 0xfe80_0000_0000_0000_0000_0000_a9fe_a9fe:
            return .metadata
        default: break
        }
        let outer = classify(v6Prefix: value)
        guard let embedded = mostDangerousEmbeddedClass(in: value) else { return outer ?? .reserved }
        return max(embedded, outer ?? .global)
    }

    /// Nil where only an embedded IPv4 address can say, or where nothing is assigned.
    private static func classify(v6Prefix value: UInt128) -> AddressClass? {
        let top = UInt32(truncatingIfNeeded: value >> 96)
        switch top >> 24 {
        case 0xff: return .multicast
        case 0xfc, 0xfd: return .uniqueLocal
        default: break
        }
        switch top >> 22 {
        case 0xfe80 >> 6: return .linkLocal
        case 0xfec0 >> 6: return .siteLocal
        default: break
        }
        if top == 0x2001_0db8 || top >> 12 == 0x3fff_0 { return .documentation }
        if top == 0x2001_0000 || top >> 16 == 0x2002 { return nil }
        if top >> 9 == 0x2001_0000 >> 9 { return .reserved }  // 2001::/23, IETF protocol assignments
        return top >> 29 == 1 ? .global : nil  // 2000::/3
    }
}

extension AddressClass: Comparable {
    /// Ordered by danger: the declaration's order.
    package static func < (left: AddressClass, right: AddressClass) -> Bool { left.danger < right.danger }

    private var danger: Int {
        switch self {
        case .global: 0
        case .documentation: 1
        case .reserved: 2
        case .siteLocal: 3
        case .uniqueLocal: 4
        case .cgnat: 5
        case .private: 6
        case .multicast: 7
        case .broadcast: 8
        case .linkLocal: 9
        case .loopback: 10
        case .unspecified: 11
        case .metadata: 12
        }
    }
}
