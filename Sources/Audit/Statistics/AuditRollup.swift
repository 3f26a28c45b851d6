/// An API's calls of one hour at one endpoint, added up as they are recorded, so that a summary reads no record.
package struct AuditRollup: Sendable, Hashable {
    /// What is added up together.
    package struct Key: Sendable, Hashable {
        package var api: String
        /// Hours since 1970.
        package var hour: Int64
        /// Empty for names that are no endpoint of the API: an agent may make up as many as it likes.
        package var endpoint: String

        package init(api: String, hour: Int64, endpoint: String) {
            self.api = api
            self.hour = hour
            self.endpoint = endpoint
        }
    }

    package static let microsecondsPerHour: Int64 = 3_600_000_000

    /// The hours since 1970 that a summary covers: those of `since` and of the last microsecond before `until`. Nil where
    /// it covers none.
    package static func hours(since: Int64?, until: Int64?) -> ClosedRange<Int64>? {
        let first = since.map { $0 / microsecondsPerHour } ?? .min
        let last = until.map { ($0 &- 1) / microsecondsPerHour } ?? .max
        return first <= last ? first...last : nil
    }

    /// The hours of the UTC day so far.
    package static func hoursOfDay(_ now: Int64) -> ClosedRange<Int64> {
        let hour = now / microsecondsPerHour
        return min(hour, hour / 24 * 24)...hour
    }

    package var calls = 0
    /// Those with outcome `OK`.
    package var succeeded = 0
    /// Those that our own rate limit refused.
    package var limited = 0
    /// Of all calls together, in microseconds.
    package var totalMicroseconds = 0
    package var requestBytes = 0
    package var responseBytes = 0
    /// The latest call's time, in microseconds since 1970.
    package var lastUsed: Int64 = .min
    package var latency = LatencyHistogram()
    /// Calls that did not succeed, by outcome.
    package var errors: [String: Int] = [:]

    package init() {}

    /// Where a record counts; `nil` for one that is no whole call of a known API.
    package static func key(of record: AuditRecord) -> Key? {
        guard record.kind == .call || record.kind == .end, let api = record.apiID else { return nil }
        let isUnknown = record.outcome == "ENDPOINT_NOT_FOUND" && record.upstreamStatus == nil
        let (quotient, remainder) = record.time.quotientAndRemainder(dividingBy: microsecondsPerHour)
        return Key(
            api: api, hour: remainder < 0 ? quotient - 1 : quotient, endpoint: isUnknown ? "" : record.endpoint ?? "")
    }

    /// Adds a call.
    package mutating func add(_ record: AuditRecord) {
        let duration = record.duration
        calls += 1
        if record.outcome == "OK" {
            succeeded += 1
        } else {
            errors[record.outcome, default: 0] += 1
            if record.isRefusedByRateLimit { limited += 1 }
        }
        totalMicroseconds.add(duration)
        requestBytes.add(record.requestBytes)
        responseBytes.add(record.responseBytes)
        lastUsed = max(lastUsed, record.time)
        latency.add(microseconds: duration)
    }

    /// Adds another's calls.
    package mutating func merge(_ other: AuditRollup) {
        calls.add(other.calls)
        succeeded.add(other.succeeded)
        limited.add(other.limited)
        totalMicroseconds.add(other.totalMicroseconds)
        requestBytes.add(other.requestBytes)
        responseBytes.add(other.responseBytes)
        lastUsed = max(lastUsed, other.lastUsed)
        latency.merge(other.latency)
        for (outcome, count) in other.errors { errors[outcome, default: 0].add(count) }
    }
}

extension Int {
    /// Adds up to the largest number and no further: what was stored may have been tampered with.
    package mutating func add(_ other: Int) {
        let (sum, overflow) = addingReportingOverflow(other)
        self = overflow ? (other > 0 ? .max : .min) : sum
    }
}

extension AuditRecord {
    /// How long the call took, in microseconds: the stage `total`, else all stages together.
    package var duration: Int {
        times.last { $0.stage == "total" }?.microseconds ?? times.reduce(into: 0) { $0.add($1.microseconds) }
    }

    /// Whether our own limit refused it, so that it was never sent.
    package var isRefusedByRateLimit: Bool { outcome == "RATE_LIMITED" && upstreamStatus == nil }
}
