import Audit
import Synchronization

/// The calls that the audit has of the time before the start. Each API's are counted against its limits before its first
/// call, so that a restart gives nobody a second quota.
final class EarlierCalls: Sendable {
    private struct State {
        /// The ids of the APIs that were there at the start and have not been taken.
        var waiting: Set<String>
        /// By API, when the calls of the minute before the start began, in microseconds since 1970.
        var times: [String: [Int64]]
    }

    private static let minute: Int64 = 60_000_000
    private static let day: Int64 = 86_400_000_000

    private let ledger: AuditLedger
    private let state: Mutex<State>

    /// Reads the audit's last minute. Blocks on the disk.
    ///
    /// - Parameters:
    ///   - apis: the ids of all APIs.
    ///   - now: the start, in microseconds since 1970.
    init(ledger: AuditLedger, apis: [String], now: Int64) throws {
        self.ledger = ledger
        let all = Dictionary(apis.map { ($0, Int.max) }) { $1 }
        let times = try ledger.callTimes(of: all, since: now - Self.minute)
        state = Mutex(State(waiting: Set(apis), times: times))
    }

    /// The times of an API's calls of this UTC day and of the minute before the start, once; empty when they have been
    /// taken. Blocks on the disk.
    ///
    /// When in the day a call was made does not matter: the earlier ones are put at its beginning.
    ///
    /// - Parameters:
    ///   - most: the most that any limit of the API counts.
    ///   - now: microseconds since 1970.
    func take(api: String, most: Int, now: Int64) throws -> [Int64] {
        let times = state.withLock { state -> [Int64]? in
            guard state.waiting.remove(api) != nil else { return nil }
            return state.times.removeValue(forKey: api) ?? []
        }
        guard let times else { return [] }
        // It has not been called since the start: all calls of the day are earlier ones.
        let today = try ledger.recentCalls(of: [api: 0], since: now, now: now)[api]?.today ?? 0
        let midnight = now - now % Self.day
        let recent = times.suffix(max(most, 0))
        let earlier = today - recent.count { $0 >= midnight }
        return [Int64](repeating: midnight, count: min(max(earlier, 0), max(most, 0))) + recent
    }
}
