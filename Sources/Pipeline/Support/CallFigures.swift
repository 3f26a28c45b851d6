import Audit
import Failure
import Synchronization

/// What calls amount to since the start, for metrics: their number by route and outcome, and how long their stages took.
package struct CallFigures: Sendable {
    /// The way a call was to go. `none` where it failed before there was one to choose.
    package enum Way: String, Sendable, Hashable, CaseIterable {
        case direct, tunnel, none
    }

    package struct Outcome: Sendable, Hashable {
        package let way: Way
        package let code: String
    }

    package struct Span: Sendable, Hashable {
        package let way: Way
        package let stage: String
    }

    /// A histogram as Prometheus has it.
    package struct Durations: Sendable {
        /// The upper bounds of the buckets but the last, in microseconds.
        package static let bounds = [
            1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
            10_000_000, 30_000_000, 60_000_000,
        ]

        /// In each bucket alone; the last is for what is longer than all bounds.
        package private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
        package private(set) var microseconds = 0

        mutating func add(_ microseconds: Int) {
            counts[Self.bounds.firstIndex { microseconds <= $0 } ?? Self.bounds.count] += 1
            self.microseconds += max(0, microseconds)
        }
    }

    package private(set) var outcomes: [Outcome: Int] = [:]
    package private(set) var spans: [Span: Durations] = [:]

    /// Counts a whole call: its record, but for a streamed one's beginning and for attempts.
    mutating func count(_ record: AuditRecord) {
        guard record.kind == .call || record.kind == .end else { return }
        let way: Way =
            switch record.route {
            case .direct: .direct
            case .tunnel: .tunnel
            case nil: .none
            }
        outcomes[Outcome(way: way, code: record.outcome), default: 0] += 1
        for time in record.times {
            spans[Span(way: way, stage: time.stage), default: Durations()].add(time.microseconds)
        }
    }
}
