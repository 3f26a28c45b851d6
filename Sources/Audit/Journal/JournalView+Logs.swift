/// Pages of records, by the segments' indexes.
extension JournalView {
    /// Blocks that are looked through for one page; then the page is short, and its cursor goes on.
    private static let lookedThrough = 2048
    /// Bytes of a page, roughly; the same.
    private static let pageBytes = 4 << 20

    /// One page, newest first. Records are in the order in which they were recorded.
    package func logs(_ query: AuditQuery) throws -> AuditPage {
        let limit = min(max(query.limit, 1), 1000)
        var search = Search(query: query, wanted: limit + 1)
        for segment in segments(from: query.since).reversed() {
            if let cursor = query.cursor, segment.head.start.sequence + 1 >= cursor.sequence { continue }
            do {
                try look(through: segment, for: &search)
            } catch let error as JournalError where error.code == .corrupt {
                // A broken index: made anew from the records.
                segment.dropIndexFile()
                try look(through: segment, for: &search)
            } catch  where segment.isRemoved {
                continue
            }
            if search.isDone { break }
        }
        var next = search.horizon
        if search.found.count > limit {
            next = search.found[limit - 1].place
            search.found.removeLast()
        }
        return AuditPage(records: search.found.map(\.text), next: next)
    }

    private struct Search {
        let query: AuditQuery
        let wanted: Int
        var found: [(text: [UInt8], place: AuditCursor)] = []
        var blocks = 0
        var bytes = 0
        /// Where the search was given up for this page.
        var horizon: AuditCursor?

        var isDone: Bool { found.count >= wanted || horizon != nil }
    }

    private func look(through segment: Segment, for search: inout Search) throws {
        let query = search.query
        let index = try segment.index()
        guard index.blockCount > 0, query.isInside(index.earliest, index.latest) else { return }
        guard let numbers = try query.blocks(of: index) else { return }
        var reader: BlockReader?
        for number in numbers.reversed() {
            // Its first record is at this place, or further on where records are missing.
            let least = segment.head.start.sequence + Int64(number * BlockIndex.blockRecords) + 1
            if let cursor = query.cursor, least >= cursor.sequence { continue }
            let block = try index.block(number)
            guard query.isInside(block.earliest, block.latest) else { continue }
            let blocks = try reader ?? BlockReader(segment, index)
            reader = blocks
            var fitting: [(record: ArraySlice<UInt8>, place: AuditCursor)] = []
            var first: AuditCursor?
            try blocks.forEach(in: number) { fields, record in
                guard let view = RecordView(fields) else { return }
                let place = AuditCursor(time: view.time, sequence: view.sequence)
                if let cursor = query.cursor, view.sequence >= cursor.sequence { return }
                if first == nil { first = place }
                if query.fits(view) { fitting.append((record, place)) }
            }
            search.blocks += 1
            for (record, place) in fitting.reversed() {
                let text: [UInt8]? =
                    segment.head.format == .text ? Array(record) : record.withUnsafeBytes { RecordText.text($0) }
                guard let text else { continue }
                search.found.append((text, place))
                search.bytes += text.count
                if search.found.count >= search.wanted { return }
            }
            if search.blocks >= Self.lookedThrough || search.bytes >= Self.pageBytes, let first {
                search.horizon = first
                return
            }
        }
    }
}

extension AuditQuery {
    /// Whether a time between two may be asked for.
    fileprivate func isInside(_ earliest: Int64, _ latest: Int64) -> Bool {
        if let since, latest < since { return false }
        if let until, earliest >= until { return false }
        return true
    }

    /// The blocks of a segment that may hold what is asked for, by the rarest of its conditions, ascending; nil for none.
    fileprivate func blocks(of index: any SegmentIndex) throws -> [Int]? {
        var lists: [[UInt16]] = []
        if let requestID { lists.append(try index.blocks(ofRequest: IndexKey.request(requestID.utf8))) }
        if let api {
            let key = IndexKey.api(api.utf8)
            var keys: [IndexKey] = []
            if let endpoint { keys.append(key.endpoint(endpoint.utf8)) }
            if let outcome, outcome != "OK" {
                keys.append(outcome == Self.anyFailure ? key.failures : key.outcome(outcome.utf8))
            }
            if let upstreamStatus, upstreamStatus != 200 { keys.append(key.status(Int64(upstreamStatus))) }
            if keys.isEmpty { keys = [key] }
            for key in keys {
                guard let list = try index.blocks(of: key) else { return nil }
                lists.append(list)
            }
        }
        guard let shortest = lists.min(by: { $0.count < $1.count }) else { return Array(0..<index.blockCount) }
        return shortest.map { Int($0) }.filter { $0 < index.blockCount }
    }

    fileprivate func fits(_ view: RecordView) -> Bool {
        func isText(_ text: String, _ bytes: UnsafeRawBufferPointer) -> Bool {
            text.utf8.count == bytes.count && text.utf8.elementsEqual(bytes)
        }
        guard isText(user, view.user) else { return false }
        if let api, !isText(api, view.apiID) { return false }
        if let endpoint {
            guard let found = view.endpoint, isText(endpoint, found) else { return false }
        }
        if let outcome {
            guard outcome == Self.anyFailure ? !isText("OK", view.outcome) : isText(outcome, view.outcome) else {
                return false
            }
        }
        if let upstreamStatus, view.upstreamStatus != Int64(upstreamStatus) { return false }
        if let requestID, !isText(requestID, view.requestID) { return false }
        if let since, view.time < since { return false }
        if let until, view.time >= until { return false }
        return kinds.contains { isText($0.rawValue, view.kind) }
    }
}
