/// Verifies a journal, a segment after the other, wherever their bytes are.
package struct JournalCheck {
    /// A fault, and the segment that it is in.
    package struct Finding: Sendable, Hashable {
        package var segment: String
        package var fault: AuditVerifier.Finding
    }

    private var verifier: AuditVerifier
    private let known: AuditChain
    private let checkpoint: AuditChain
    /// What was found, in order.
    package private(set) var findings: [Finding] = []
    private var isKnownEndWrong = false
    private var lastName = ""
    private var hasTail = false

    /// - Parameters:
    ///   - checkpoint: the last record that was removed on purpose.
    ///   - known: the chain's end as known from elsewhere, at the least: records that are missing at the end show, and
    ///     ones after it are none the worse.
    package init(after checkpoint: AuditChain, known: AuditChain, limit: Int = 1000) {
        verifier = AuditVerifier(after: checkpoint, limit: limit)
        self.checkpoint = checkpoint
        self.known = known
    }

    /// The last record walked past.
    package var end: AuditChain { verifier.chain }

    /// Records walked past, and those that are missing.
    package var records: Int64 { verifier.chain.sequence - checkpoint.sequence }

    /// Verifies the next segment.
    ///
    /// - Parameters:
    ///   - name: for findings and messages.
    ///   - length: bytes of its file.
    ///   - read: gives up to `count` bytes of it from `offset` on.
    package mutating func check(
        _ name: String, length: Int, read: @escaping (_ offset: Int, _ count: Int) throws -> [UInt8]
    ) throws {
        let head = try SegmentHead(try read(0, SegmentHead.size), path: name)
        try check(Segment(path: "/" + name, head: head, length: length, isSealed: true), read)
    }

    mutating func check(_ segment: Segment, _ read: FrameReader.Source? = nil) throws {
        // Only behind the last record of all may there be one that was being written.
        if hasTail { verifier.skipUnreadable() }
        note()
        lastName = segment.name
        verifier.go(to: segment.head.start)
        if segment.head.start.sequence == known.sequence { isKnownEndWrong = segment.head.start.hash != known.hash }
        var isWrong = isKnownEndWrong
        let scan = try segment.scan(
            &verifier,
            visit: { [known] fields, record in
                guard known.sequence > 0, let view = RecordView(fields), view.sequence == known.sequence else { return }
                isWrong = segment.head.format.hash(fields, record) != known.hash
            }, source: read)
        isKnownEndWrong = isWrong
        hasTail = scan.hasTail
        note()
    }

    /// Ends the walk.
    package mutating func finish() {
        if verifier.chain.sequence < known.sequence {
            verifier.finish(head: known)
        } else if isKnownEndWrong, !verifier.findings.contains(.changed(known.sequence)) {
            verifier.add(.changed(known.sequence))
        }
        note()
    }

    private mutating func note() {
        for fault in verifier.findings[findings.count...] { findings.append(Finding(segment: lastName, fault: fault)) }
    }
}
