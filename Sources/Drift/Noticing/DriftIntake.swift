package import Registry

/// What calls hand over until somebody has the time to look: a count of each endpoint's mismatches, and of the answers a
/// sample. Bounded in all it holds, whatever comes.
package struct DriftIntake: Sendable {
    package struct Key: Hashable, Sendable {
        package let api: String
        package let endpoint: String

        package init(api: String, endpoint: String) {
            self.api = api
            self.endpoint = endpoint
        }
    }

    /// How much is held.
    package struct Limits: Sendable {
        /// Between two answers of one endpoint that are looked at, in microseconds. One second by default.
        package var pause: Int64 = 1_000_000
        /// Endpoints. 10,000 by default; what others have is not noticed until there is room.
        package var endpoints = 10_000
        /// Answers that wait to be looked at. 64 by default.
        package var answers = 64
        /// Of those, answers of one API, so that none keeps others from being looked at. 8 by default.
        package var answersOfOne = 8
        /// Bytes of the answers that wait, as they were serialised. 8 MiB by default; a longer one is counted and no more.
        package var bytes = 8 << 20

        package init() {}
    }

    /// What came of one endpoint since the last time.
    package struct Batch: Sendable {
        /// The definition that the answers did not follow.
        package let api: CompiledAPI
        package let endpoint: CompiledEndpoint
        /// Answers that did not follow it.
        package fileprivate(set) var count = 0
        /// Microseconds since 1970.
        package fileprivate(set) var first: Int64
        package fileprivate(set) var last: Int64
        /// The answers to look at.
        package fileprivate(set) var samples: [DriftReport] = []
    }

    private let limits: Limits
    private var batches: [Key: Batch] = [:]
    /// When an answer was last kept.
    private var kept: [Key: Int64] = [:]
    private var answers = 0
    private var answersOf: [String: Int] = [:]
    private var bytes = 0

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Whether there is nothing to look at.
    package var isEmpty: Bool { batches.isEmpty }

    /// Takes note of an answer, and keeps it where it is due and there is room.
    package mutating func add(_ report: DriftReport) {
        let key = Key(api: report.api.id, endpoint: report.endpoint.name)
        if batches[key]?.api.etag != report.api.etag {
            // Counted against a definition that is no more.
            if let old = batches[key] { release(old) }
            guard batches[key] != nil || batches.count < limits.endpoints else { return }
            batches[key] = Batch(api: report.api, endpoint: report.endpoint, first: report.time, last: report.time)
        }
        batches[key]?.count += 1
        batches[key]?.last = report.time
        guard isDue(key, report.time), answers < limits.answers, bytes + report.bytes <= limits.bytes,
            answersOf[key.api, default: 0] < limits.answersOfOne
        else { return }
        if kept.count >= limits.endpoints { kept.removeAll() }
        kept[key] = report.time
        answers += 1
        answersOf[key.api, default: 0] += 1
        bytes += report.bytes
        batches[key]?.samples.append(report)
    }

    /// Hands out all there is, and begins anew.
    package mutating func take() -> [Key: Batch] {
        defer {
            batches = [:]
            answers = 0
            answersOf = [:]
            bytes = 0
        }
        return batches
    }

    private func isDue(_ key: Key, _ time: Int64) -> Bool {
        guard let last = kept[key] else { return true }
        // A clock that was set back makes nobody wait.
        return time - last >= limits.pause || time < last
    }

    private mutating func release(_ batch: Batch) {
        answers -= batch.samples.count
        answersOf[batch.api.id, default: 0] -= batch.samples.count
        bytes -= batch.samples.reduce(0) { $0 + $1.bytes }
    }
}
