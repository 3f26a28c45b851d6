import Glibc
import JSONSchema

/// An input with a piece of it over and over, to see whether each more costs more than the one before.
///
/// What costs quadratic time is found here long before it takes seconds: sixteen times the bytes may take sixteen times
/// the time, and four times that for whatever else a machine does.
struct Growth {
    private let front: ArraySlice<UInt8>
    private let piece: [UInt8]
    private let back: ArraySlice<UInt8>

    private static let small = 16 << 10
    private static let large = 256 << 10
    private static let slack = 4.0
    /// Below it, in seconds, a time says nothing.
    private static let least = 0.0005

    /// Nil for an input of nothing.
    init?(_ input: [UInt8], _ random: inout SplitMix64) {
        guard !input.isEmpty else { return nil }
        let start = random.below(input.count)
        let end = min(input.count, start + 1 + random.below(random.oneIn(3) ? 400 : 24))
        front = input[..<start]
        piece = Array(input[start..<end])
        back = input[end...]
    }

    /// About so many bytes.
    private func input(_ bytes: Int) -> [UInt8] {
        front + Array(repeatElement(piece, count: max(1, bytes / piece.count)).joined()) + back
    }

    /// What is wrong, and the input that shows it.
    ///
    /// - Parameter arm: called before each try: a try that never ends ends the process.
    func fault(_ target: any FuzzTarget, arm: () -> Void) -> (input: [UInt8], fault: String)? {
        let (small, large) = (input(Self.small), input(Self.large))
        func seconds(_ input: [UInt8]) -> Double {
            arm()
            let start = Self.now()
            _ = target.fault(of: input)
            return Self.now() - start
        }
        let first = max(min(seconds(small), seconds(small)), Self.least)
        let allowed = first * Double(large.count) / Double(small.count) * Self.slack
        var second = seconds(large)
        // Twice, since somebody else may have had the processor's cache.
        if second > allowed { second = min(second, seconds(large)) }
        guard second > allowed else { return nil }
        return (
            large,
            "\(small.count) bytes take \(Int(first * 1e6)) us, \(large.count) of the same take \(Int(second * 1e6)) us"
        )
    }

    /// Processor time of this process, in seconds.
    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
