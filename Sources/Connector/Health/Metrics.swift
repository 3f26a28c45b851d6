import Synchronization

/// How a call ended, as `/metrics` counts it.
enum Outcome: String, CaseIterable {
    case answered, denied, unreachable, tls, terminated, malformed
    case tooLarge = "too_large"
    case timedOut = "timed_out"
    case overloaded, cancelled
}

/// A number that any thread may change.
final class Gauge: Sendable {
    private let number = Atomic<Int>(0)

    var value: Int { number.load(ordering: .relaxed) }

    func add(_ difference: Int) {
        number.wrappingAdd(difference, ordering: .relaxed)
    }
}

/// What the connector counts.
final class Metrics: Sendable {
    /// Connections to origins, idle ones included.
    let egressConnections = Gauge()
    /// Sessions established after the first of each slot.
    let reconnects = Gauge()
    private let calls = Outcome.allCases.map { _ in Gauge() }

    func count(_ outcome: Outcome) {
        calls[outcome.index].add(1)
    }

    func calls(_ outcome: Outcome) -> Int {
        calls[outcome.index].value
    }
}

extension Outcome {
    fileprivate var index: Int {
        switch self {
        case .answered: 0
        case .denied: 1
        case .unreachable: 2
        case .tls: 3
        case .terminated: 4
        case .malformed: 5
        case .tooLarge: 6
        case .timedOut: 7
        case .overloaded: 8
        case .cancelled: 9
        }
    }
}
