/// Walks over records.
extension JournalView {
    /// Records after `sequence`, at most `limit`: the text, and the place in the chain as the bytes have it.
    package func records(after sequence: Int64, limit: Int) throws -> [(text: [UInt8], stored: AuditChain)] {
        var found: [(text: [UInt8], stored: AuditChain)] = []
        guard limit > 0 else { return [] }
        try forEach(after: sequence) { fields, record, format in
            guard let view = RecordView(fields) else { return true }
            let text = format == .text ? Array(record) : RecordText.text(fields) ?? []
            found.append((text, AuditChain(sequence: view.sequence, hash: format.hash(fields, record))))
            return found.count < limit
        }
        return found
    }

    /// The latest times at which calls of APIs began, oldest first, without those that the API's own limits refused.
    ///
    /// - Parameters:
    ///   - apis: how many times are wanted of each, by its id.
    ///   - since: microseconds since 1970.
    func callTimes(of apis: [String: Int], since: Int64) throws -> [String: [Int64]] {
        var times: [String: [Int64]] = [:]
        guard !apis.isEmpty else { return [:] }
        for segment in segments(from: since).reversed() {
            let index = try segment.index()
            guard index.blockCount > 0, index.latest >= since else { continue }
            let reader = try BlockReader(segment, index)
            for block in (0..<index.blockCount).reversed() where try index.block(block).latest >= since {
                var found: [(api: String, time: Int64)] = []
                try reader.forEach(in: block) { fields, _ in
                    guard let view = RecordView(fields), view.time >= since,
                        view.kind.elementsEqual("call".utf8) || view.kind.elementsEqual("begin".utf8),
                        !(view.outcome.elementsEqual("RATE_LIMITED".utf8) && view.upstreamStatus == nil)
                    else { return }
                    found.append((String(decoding: view.apiID, as: UTF8.self), view.time))
                }
                for (api, time) in found.reversed() {
                    guard let limit = apis[api], times[api, default: []].count < limit else { continue }
                    times[api, default: []].append(time)
                }
            }
        }
        return times.mapValues { $0.sorted() }
    }

    /// The segments that may hold records of calls that began at or after a time: a segment whose successor was begun
    /// before that has none, however its index looks. An hour is left for clocks that were set.
    func segments(from since: Int64?) -> [Segment] {
        guard let since, let last = segments.indices.last else { return segments }
        let slack: Int64 = 3_600_000_000
        let first = segments.indices.first { $0 == last || segments[$0 + 1].head.created >= since.subtracting(slack) }
        return Array(segments[(first ?? last)...])
    }

    /// Whether a record is at its place: `place` is the journal's last, the checkpoint, or a record of it.
    func holds(_ place: AuditChain, checkpoint: AuditChain) throws -> Bool {
        if place == checkpoint { return true }
        if segments.contains(where: { $0.head.start == place }) { return true }
        var isThere = false
        try forEach(after: place.sequence - 1) { fields, record, format in
            let hash = format.hash(fields, record)
            isThere = RecordView(fields)?.sequence == place.sequence && hash == place.hash
            return false
        }
        return isThere
    }

    /// Removes segments whose records are all at or before the checkpoint: what a removal left that was cut short.
    static func finishRemoval(in folder: String, through checkpoint: AuditChain) throws {
        guard checkpoint.sequence > 0, let segments = try? Self.segments(in: folder, removingUnfinished: false) else {
            return
        }
        for (segment, next) in zip(segments, segments.dropFirst())
        where next.head.start.sequence <= checkpoint.sequence {
            try remove(segment)
        }
    }
}

extension Int64 {
    /// The difference, or the least number.
    fileprivate func subtracting(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? .min : difference
    }
}
