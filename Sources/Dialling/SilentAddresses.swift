package import EgressPolicy
package import NIOCore
import Synchronization

/// Remembers for a minute which addresses did not answer, so that the next connection does not begin with them.
package final class SilentAddresses: Sendable {
    private struct Endpoint: Hashable {
        let address: IPAddress
        let port: Int
    }

    package static let hold = TimeAmount.seconds(60)
    /// Endpoints that are remembered at once.
    private static let limit = 1024

    private let until = Mutex<[Endpoint: NIODeadline]>([:])

    package init() {}

    /// The address did not answer.
    package func insert(_ address: IPAddress, port: Int, now: NIODeadline) {
        until.withLock { until in
            if until.count >= Self.limit { until = until.filter { $0.value > now } }
            guard until.count < Self.limit else { return }
            until[Endpoint(address: address.unmapped, port: port)] = now + Self.hold
        }
    }

    /// The address answered.
    package func remove(_ address: IPAddress, port: Int) {
        until.withLock { until in
            if !until.isEmpty { until[Endpoint(address: address.unmapped, port: port)] = nil }
        }
    }

    /// The order in which to try the addresses of a name: the families in turn, beginning with that of the first
    /// (RFC 8305, section 4), and behind them those that were silent.
    ///
    /// - Parameter address: that of a candidate.
    package func order<Candidate>(
        _ candidates: [Candidate], by address: (Candidate) -> IPAddress, port: Int, now: NIODeadline
    ) -> [Candidate] {
        guard candidates.count > 1 else { return candidates }
        let isSilent = until.withLock { until in
            candidates.map { (until[Endpoint(address: address($0).unmapped, port: port)] ?? now) > now }
        }
        let (lively, silent) = (zip(candidates, isSilent).filter { !$0.1 }, zip(candidates, isSilent).filter { $0.1 })
        return [lively, silent].flatMap { Self.interleaved($0.map(\.0)) { address($0).isV4 } }
    }

    private static func interleaved<Candidate>(_ candidates: [Candidate], isV4: (Candidate) -> Bool) -> [Candidate] {
        guard let first = candidates.first.map(isV4) else { return [] }
        var same = candidates.filter { isV4($0) == first }[...]
        var other = candidates.filter { isV4($0) != first }[...]
        var ordered: [Candidate] = []
        while !same.isEmpty || !other.isEmpty {
            if let next = same.popFirst() { ordered.append(next) }
            if let next = other.popFirst() { ordered.append(next) }
        }
        return ordered
    }
}

extension SilentAddresses {
    /// The order in which to try the addresses of a name.
    package func order(_ addresses: [IPAddress], port: Int, now: NIODeadline) -> [IPAddress] {
        order(addresses, by: { $0 }, port: port, now: now)
    }
}
