import NIOCore

/// Successes and failures of the last while, counted in ten slots.
struct VerdictWindow: Sendable, Hashable {
    private static let slotCount: UInt64 = 10

    private struct Slot: Sendable, Hashable {
        var index: UInt64 = 0
        var successes = 0
        var failures = 0
    }

    private let slotWidth: UInt64
    private var slots = [Slot](repeating: Slot(), count: Int(Self.slotCount))

    init(length: TimeAmount) {
        slotWidth = UInt64(max(length.nanoseconds / Int64(Self.slotCount), 1))
    }

    mutating func add(isFailure: Bool, now: NIODeadline) {
        let index = now.uptimeNanoseconds / slotWidth
        let position = Int(index % Self.slotCount)
        if slots[position].index != index { slots[position] = Slot(index: index) }
        if isFailure { slots[position].failures += 1 } else { slots[position].successes += 1 }
    }

    func totals(now: NIODeadline) -> (verdicts: Int, failures: Int) {
        let newest = now.uptimeNanoseconds / slotWidth
        var (successes, failures) = (0, 0)
        for slot in slots where slot.index <= newest && newest - slot.index < Self.slotCount {
            successes += slot.successes
            failures += slot.failures
        }
        return (successes + failures, failures)
    }
}
