import Glibc
import Synchronization

/// Names one call everywhere: a ULID (48 bits of Unix milliseconds, 80 random bits) in Crockford's base 32, so that ids
/// sort by when they were made.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
    /// 26 characters.
    package let description: String

    /// Makes the next id of this process. Ids made in the same millisecond count up from a random start.
    package static func generate() -> RequestID {
        let milliseconds = unixMilliseconds()
        return sequence.withLock { $0.next(milliseconds: milliseconds) { UInt64.random(in: .min ... .max) } }
    }

    private static func unixMilliseconds() -> UInt64 {
        // The members of `timespec` belong to another module where NIO is linked in: the two numbers are read as they lie.
        withUnsafeTemporaryAllocation(of: timespec.self, capacity: 1) { time in
            guard let address = time.baseAddress, clock_gettime(CLOCK_REALTIME, address) == 0 else { return 0 }
            let words = UnsafeRawPointer(address)
            let seconds = words.load(as: Int.self)
            let nanoseconds = words.load(fromByteOffset: MemoryLayout<Int>.stride, as: Int.self)
            return UInt64(max(seconds, 0)) * 1000 + UInt64(max(nanoseconds, 0)) / 1_000_000
        }
    }

    private static let sequence = Mutex(Sequence())

    /// The ids of one process, in order even when its clock steps back.
    struct Sequence {
        private var milliseconds: UInt64 = 0
        private var high: UInt16 = 0
        private var low: UInt64 = 0

        mutating func next(milliseconds now: UInt64, random: () -> UInt64) -> RequestID {
            if now > milliseconds {
                milliseconds = now
                high = UInt16(truncatingIfNeeded: random())
                low = random()
            } else {
                let sum = low.addingReportingOverflow(1)
                low = sum.partialValue
                if sum.overflow {
                    let carried = high.addingReportingOverflow(1)
                    high = carried.partialValue
                    if carried.overflow { milliseconds += 1 }
                }
            }
            return RequestID(description: Self.text(milliseconds: milliseconds, high: high, low: low))
        }

        private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

        private static func text(milliseconds: UInt64, high: UInt16, low: UInt64) -> String {
            let value = UInt128(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | UInt128(high) << 64 | UInt128(low)
            return String(unsafeUninitializedCapacity: 26) { bytes in
                for index in 0..<26 {
                    let shift = UInt128(5 * (25 - index))
                    bytes[index] = digits[Int(truncatingIfNeeded: (value >> shift) & 31)]
                }
                return 26
            }
        }
    }
}
