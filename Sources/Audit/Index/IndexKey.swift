/// What an index leads to: 64-bit hashes, so that an index has no names in it. Two names with one hash cost a look at
/// records that do not fit, and nothing else.
struct IndexKey: Hashable {
    let hash: UInt64

    private init(_ hash: UInt64) { self.hash = hash }

    /// All records of an API.
    static func api(_ api: some Sequence<UInt8>) -> IndexKey { IndexKey(mix(1, api)) }

    /// Those of one of its endpoints.
    func endpoint(_ name: some Sequence<UInt8>) -> IndexKey { IndexKey(Self.mix(hash ^ 2, name)) }

    /// Those that did not succeed.
    var failures: IndexKey { IndexKey(Self.finish(hash ^ 3)) }

    /// Those with an outcome other than `OK`.
    func outcome(_ name: some Sequence<UInt8>) -> IndexKey { IndexKey(Self.mix(hash ^ 4, name)) }

    /// Those with an upstream status other than 200.
    func status(_ status: Int64) -> IndexKey { IndexKey(Self.finish(hash ^ 5 &+ UInt64(bitPattern: status) << 8)) }

    /// The hash that a request id has in an index.
    static func request(_ id: some Sequence<UInt8>) -> UInt32 { UInt32(truncatingIfNeeded: mix(6, id) >> 32) }

    // FNV-1a, and the finaliser of MurmurHash3: the same on every machine and in every version.
    @inline(__always)
    private static func mix(_ seed: UInt64, _ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash = 0xcbf2_9ce4_8422_2325 ^ seed
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return finish(hash)
    }

    private static func finish(_ value: UInt64) -> UInt64 {
        var hash = value
        hash = (hash ^ hash >> 33) &* 0xff51_afd7_ed55_8ccd
        hash = (hash ^ hash >> 33) &* 0xc4ce_b9fe_1a85_ec53
        return hash ^ hash >> 33
    }
}
