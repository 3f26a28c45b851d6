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
    ///   - text: the record's bytes as stored, without a newline.
    ///   - stored: the sequence number and hash kept beside it; `nil` for an exported line, which has none.
    package mutating func check(text: [UInt8], stored: AuditChain? = nil) {
        let expected = chain.sequence + 1
        let hash = AuditHash(of: text)
        let position = stored?.sequence
        guard let json = try? JSON.parse(text), let named = json["sequence"]?.int.map(Int64.init),
            let previous = json["previous"]?.string, AuditChain.positions.contains(named),
            AuditChain.positions.contains(position ?? named)
        else {
            report(.unreadable(position ?? expected))
            // A position that none can be is not gone on from.
            let here = position.flatMap { AuditChain.positions.contains($0) ? $0 : nil } ?? chain.sequence
            chain = AuditChain(sequence: position == nil ? expected : here, hash: stored?.hash ?? hash)
            return
        }
        let here = position ?? named
        if here > expected { report(.missing(first: expected, last: here - 1)) }
        if here < expected { report(.reordered(expected: expected, found: here)) }
        if named != here { report(.reordered(expected: here, found: named)) }
        if let stored, stored.hash != hash { report(.changed(here)) }
        // Across a gap, and after a record already reported, the previous hash has nothing to be held against.
        if here == expected, named == here, previous != chain.hash.description {
            report(.changed(stored == nil ? here - 1 : here))
        }
        chain = AuditChain(sequence: here, hash: stored?.hash ?? hash)
    }

    /// Ends the walk: `head` is the chain's end as known from elsewhere, which shows records cut off at the end.
    package mutating func finish(head: AuditChain?) {
        guard let head else { return }
        if head.sequence > chain.sequence {
            report(.missing(first: chain.sequence + 1, last: head.sequence))
        } else if head != chain {
            report(.changed(chain.sequence))
        }
    }

    private mutating func report(_ finding: Finding) {
        guard findings.count < limit, findings.last != finding else { return }
        findings.append(finding)
    }
}
