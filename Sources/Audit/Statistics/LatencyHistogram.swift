/// Counts of durations in buckets that are at most an eighth wide, from 64 µs to 4.5 minutes: what percentiles need,
/// in a few dozen bytes.
package struct LatencyHistogram: Sendable, Hashable {
    /// Bucket 0 holds what is below 64 µs; then each doubling has eight.
    private static let subdivisions = 8
    private static let firstExponent = 6
    /// 22 doublings, and one bucket for all above.
    static let bucketCount = 1 + 22 * subdivisions + 1

    /// By bucket; buckets with no call have no entry.
    private(set) var counts: [UInt8: UInt32] = [:]

    package init() {}

    /// Calls counted.
    package var total: Int { counts.values.reduce(0) { $0 + Int($1) } }

    /// Counts one duration.
    package mutating func add(microseconds: Int) {
        add(1, to: Self.bucket(of: microseconds))
    }

    /// Adds another's counts.
    package mutating func merge(_ other: LatencyHistogram) {
        for (bucket, count) in other.counts { add(count, to: bucket) }
    }

    private mutating func add(_ count: UInt32, to bucket: UInt8) {
        let (sum, overflow) = counts[bucket, default: 0].addingReportingOverflow(count)
        counts[bucket] = overflow ? .max : sum
    }

    /// The duration that `fraction` of the calls did not exceed, in microseconds, to within a sixteenth; `nil` for none.
    package func percentile(_ fraction: Double) -> Int? {
        let total = total
        guard total > 0 else { return nil }
        let rank = max(1, Int((fraction * Double(total)).rounded(.up)))
        var seen = 0
        for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) {
            seen += Int(count)
            if seen >= rank { return Self.middle(of: bucket) }
        }
        return nil
    }

    static func bucket(of microseconds: Int) -> UInt8 {
        guard microseconds >= 1 << firstExponent else { return 0 }
        let exponent = Int.bitWidth - 1 - microseconds.leadingZeroBitCount
        let place = (microseconds >> (exponent - 3)) & (subdivisions - 1)
        return UInt8(min(1 + (exponent - firstExponent) * subdivisions + place, bucketCount - 1))
    }

    /// The middle of a bucket, in microseconds.
    private static func middle(of bucket: UInt8) -> Int {
        guard bucket > 0 else { return 1 << (firstExponent - 1) }
        let (octave, place) = (Int(bucket) - 1).quotientAndRemainder(dividingBy: subdivisions)
        let width = 1 << (octave + firstExponent - 3)
        return (subdivisions + place) * width + width / 2
    }

    /// As stored: bucket (1 byte) and count (4, big endian), for each bucket that has calls.
    package var bytes: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(counts.count * 5)
        for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) {
            output.append(bucket)
            for shift in [24, 16, 8, 0] as [UInt32] { output.append(UInt8(truncatingIfNeeded: count >> shift)) }
        }
        return output
    }

    /// Reads `bytes`; what is no bucket is passed over.
    package init(bytes: [UInt8]) {
        for start in stride(from: 0, to: bytes.count - 4, by: 5) where bytes[start] < Self.bucketCount {
            add(bytes[start + 1...start + 4].reduce(0) { $0 << 8 | UInt32($1) }, to: bytes[start])
        }
    }
}
