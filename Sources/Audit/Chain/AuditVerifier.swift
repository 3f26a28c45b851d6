import Value

/// Walks stored or exported records in order and names every place where the chain does not hold (A).
package struct AuditVerifier: Sendable {
    /// A fault of the chain.
    package enum Finding: Sendable, Hashable, CustomStringConvertible {
        /// Records `first...last` are not there.
        case missing(first: Int64, last: Int64)
        /// The record's text is not what was written.
        case changed(Int64)
        /// The record found where `expected` belongs says that it is another one.
        case reordered(expected: Int64, found: Int64)
        /// What stands where the record belongs is no audit record.
        case unreadable(Int64)

        package var description: String {
            switch self {
            case .missing(let first, let last) where first == last: "Record \(first) is missing."
            case .missing(let first, let last): "Records \(first) to \(last) are missing."
            case .changed(let sequence): "Record \(sequence) was changed."
            case .reordered(let expected, let found): "Record \(found) stands where record \(expected) belongs."
            case .unreadable(let sequence): "Record \(sequence) is not an audit record."
            }
        }
    }

    /// The last record walked past.
    package private(set) var chain: AuditChain
    /// All faults so far, at most `limit`.
    package private(set) var findings: [Finding] = []
    /// A second hash that the last record may have: an exported line is the text of a record of the first format, or
    /// stands for the bytes of one of the present format, and only the next line's `previous` tells which.
    private var alternative: AuditHash?
    /// Whether the next record's `previous` can be held against the last one's hash.
    private var isHashKnown = true
    private let limit: Int

    /// - Parameters:
    ///   - start: what is known to precede the first record.
    ///   - limit: how many findings to keep.
    package init(after start: AuditChain = .empty, limit: Int = 1000) {
        chain = start
        self.limit = limit
    }

    /// What an export's first line says to precede it: where to begin when older records were removed before. Whether
    /// anything was removed that should be there only the relay's checkpoint tells.
    package static func start(ofExport line: [UInt8]) -> AuditChain? {
        guard let json = try? JSON.parse(line), let sequence = json["sequence"]?.int, sequence > 0,
            AuditChain.positions.contains(Int64(sequence)),
            let digits = json["previous"]?.string, let hash = AuditHash(hex: digits)
        else { return nil }
        return AuditChain(sequence: Int64(sequence) - 1, hash: hash)
    }

    /// Checks the next record.
    ///
    /// - Parameters:
    ///   - text: the record's JSON text, without a newline.
    ///   - stored: the sequence number and hash kept beside it; `nil` for an exported line, which has none.
    package mutating func check(text: [UInt8], stored: AuditChain? = nil) {
        let hash = AuditHash(of: text)
        let json = try? JSON.parse(text)
        let other = json == nil ? nil : RecordText.bytes(of: text).map { AuditHash(of: $0) }
        if let json, let named = json["sequence"]?.int, let previous = json["previous"]?.string {
            check(
                Int64(named), previous: AuditHash(hex: previous), hash: hash, or: other, position: stored?.sequence,
                stored: stored?.hash)
        } else {
            skip(position: stored?.sequence, hash: stored?.hash ?? hash)
        }
    }

    /// Checks the next record of the first format, whose text is what is chained.
    ///
    /// - Parameters:
    ///   - json: the text, parsed; `nil` where it is no JSON.
    ///   - stored: the sequence number and hash kept beside it, if any.
    mutating func check(firstFormat text: [UInt8], json: JSON?, stored: AuditChain? = nil) {
        let hash = AuditHash(of: text)
        guard let json, let named = json["sequence"]?.int, let previous = json["previous"]?.string else {
            return skip(position: stored?.sequence, hash: stored?.hash ?? hash)
        }
        check(
            Int64(named), previous: AuditHash(hex: previous), hash: hash, or: nil, position: stored?.sequence,
            stored: stored?.hash)
    }

    /// Adds a fault that was found beside the walk.
    mutating func add(_ finding: Finding) {
        report(finding)
    }

    /// Checks the next record by its bytes.
    mutating func check(record bytes: UnsafeRawBufferPointer) {
        guard let view = RecordView(bytes), let previous = AuditHash(bytes: Array(view.previous)) else {
            return skip(position: nil, hash: nil)
        }
        check(view.sequence, previous: previous, hash: AuditHash(of: bytes), or: nil, position: nil, stored: nil)
    }

    /// Passes over a record that its frame's checksum says was changed.
    mutating func skipChanged() {
        report(.changed(chain.sequence + 1))
        chain.sequence += 1
        isHashKnown = false
    }

    /// Passes over bytes that are not a record.
    mutating func skipUnreadable() {
        skip(position: nil, hash: nil)
    }

    /// Goes on at a place that a segment's head names, reporting what lies between.
    mutating func go(to start: AuditChain) {
        if start.sequence > chain.sequence {
            report(.missing(first: chain.sequence + 1, last: start.sequence))
        } else if start.sequence < chain.sequence {
            report(.reordered(expected: chain.sequence + 1, found: start.sequence + 1))
        } else if isHashKnown, start.hash != chain.hash {
            report(.changed(chain.sequence))
        }
        chain = start
        isHashKnown = true
    }

    private mutating func skip(position: Int64?, hash: AuditHash?) {
        let expected = chain.sequence + 1
        report(.unreadable(position ?? expected))
        // A position that none can be is not gone on from.
        let here = position.flatMap { AuditChain.positions.contains($0) ? $0 : nil } ?? chain.sequence
        chain = AuditChain(sequence: position == nil ? expected : here, hash: hash ?? chain.hash)
        alternative = nil
        isHashKnown = hash != nil
    }

    private mutating func check(
        _ named: Int64, previous: AuditHash?, hash: AuditHash, or other: AuditHash?, position: Int64?,
        stored: AuditHash?
    ) {
        guard AuditChain.positions.contains(named), AuditChain.positions.contains(position ?? named) else {
            return skip(position: position, hash: stored ?? hash)
        }
        let expected = chain.sequence + 1
        let here = position ?? named
        if here > expected { report(.missing(first: expected, last: here - 1)) }
        if here < expected { report(.reordered(expected: expected, found: here)) }
        if named != here { report(.reordered(expected: here, found: named)) }
        if let stored, stored != hash, stored != other { report(.changed(here)) }
        // Across a gap, and after a record already reported, the previous hash has nothing to be held against.
        if here == expected, named == here, isHashKnown, previous != chain.hash,
            previous == nil || previous != alternative
        {
            report(.changed(stored == nil ? here - 1 : here))
        }
        chain = AuditChain(sequence: here, hash: stored ?? hash)
        alternative = stored == nil || stored == hash ? other : nil
        isHashKnown = true
    }

    /// Ends the walk: `head` is the chain's end as known from elsewhere, which shows records cut off at the end.
    package mutating func finish(head: AuditChain?) {
        guard let head else { return }
        if head.sequence > chain.sequence {
            report(.missing(first: chain.sequence + 1, last: head.sequence))
        } else if head != chain, !(head.sequence == chain.sequence && head.hash == alternative) {
            report(.changed(chain.sequence))
        }
    }

    private mutating func report(_ finding: Finding) {
        guard findings.count < limit, findings.last != finding else { return }
        findings.append(finding)
    }
}
