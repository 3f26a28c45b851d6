package import NIOCore

/// Undoes a body's content codings (RFC 9110 section 8.4) in steps of bounded size, within limits (S10).
///
/// Memory is bounded by what one step yields and zlib's window, whatever the body is: the caller pulls, and stops where
/// it likes. After an error the decoder is of no more use.
package struct BodyDecoder: ~Copyable {
    /// A coding, and what the one before it has yielded and it has not yet taken.
    private struct Stage {
        let inflater: Inflater
        var input = ByteBuffer()
        var yielded = 0
        /// Whether it may yield more without more input.
        var hasMore = false
    }

    private let limits: DecodingLimits
    /// The last coding that was applied comes first.
    private var stages: [Stage]
    private var received = 0
    private var identityBytes = 0

    /// - Parameter contentEncoding: the values of all `Content-Encoding` fields, in order.
    /// - Throws: `unsupportedEncoding`, `tooManyEncodings`.
    package init(
        contentEncoding: some Sequence<String>, limits: DecodingLimits = .defaults
    ) throws(BodyDecodingError) {
        self.limits = limits
        stages = try ContentCoding.parse(contentEncoding, limit: limits.encodings).reversed().map {
            Stage(inflater: Inflater($0, memberLimit: limits.members))
        }
    }

    /// True where the body is passed on as it is.
    package var isIdentity: Bool { stages.isEmpty }

    /// The next piece of the decoded body, of at most `pieceBytes`; nil when all of `input` is used up.
    /// - Parameter input: what has been received; what is taken from it is read off.
    /// - Throws: `BodyDecodingError`. What was yielded before is then no more than the beginning of a body.
    package mutating func next(_ input: inout ByteBuffer) throws(BodyDecodingError) -> ByteBuffer? {
        guard !stages.isEmpty else { return try pass(&input) }
        let before = input.readableBytes
        stages[0].input.append(&input)
        received += before
        return try pull(stages.count - 1)
    }

    /// All that `input` decodes to, which the limit of decoded bytes bounds.
    /// - Throws: as ``next(_:)``.
    package mutating func decode(_ input: ByteBuffer) throws(BodyDecodingError) -> ByteBuffer {
        var input = input
        guard var whole = try next(&input) else { return ByteBuffer() }
        while var piece = try next(&input) { whole.writeBuffer(&piece) }
        return whole
    }

    /// The body has ended. All that was received must have been pulled.
    /// - Throws: `truncated` where the encoded data has not.
    package mutating func finish() throws(BodyDecodingError) {
        for stage in stages where !stage.inflater.mayEnd || stage.input.readableBytes > 0 {
            throw BodyDecodingError(.truncated)
        }
    }

    private mutating func pass(_ input: inout ByteBuffer) throws(BodyDecodingError) -> ByteBuffer? {
        guard let piece = input.readSlice(length: min(input.readableBytes, max(limits.pieceBytes, 1))),
            piece.readableBytes > 0
        else { return nil }
        identityBytes += piece.readableBytes
        guard identityBytes <= limits.decodedBytes else { throw BodyDecodingError(.tooLarge) }
        return piece
    }

    private mutating func pull(_ index: Int) throws(BodyDecodingError) -> ByteBuffer? {
        while true {
            if stages[index].input.readableBytes == 0, !stages[index].hasMore {
                guard index > 0, var more = try pull(index - 1) else { return nil }
                stages[index].input.append(&more)
            }
            // One byte more than is allowed is enough to know that it is too many; and small bodies need no large piece.
            let likely = max(4096, 8 * min(stages[index].input.readableBytes, limits.pieceBytes))
            let left = limits.decodedBytes - stages[index].yielded
            let room = min(max(limits.pieceBytes, 1) - 1, left, likely - 1) + 1
            var output = ByteBuffer()
            let before = stages[index].input.readableBytes
            stages[index].hasMore = try stages[index].inflater.step(
                &stages[index].input, into: &output, room: room)
            stages[index].yielded += output.readableBytes
            try judge(stages[index].yielded)
            if output.readableBytes > 0 { return output }
            // What is left is the first byte of two that are needed.
            if stages[index].input.readableBytes == before, index == 0 { return nil }
            if stages[index].input.readableBytes == before, before > 0 {
                guard var more = try pull(index - 1) else { return nil }
                stages[index].input.append(&more)
            }
        }
    }

    private func judge(_ yielded: Int) throws(BodyDecodingError) {
        guard yielded <= limits.decodedBytes else { throw BodyDecodingError(.tooLarge) }
        let (allowed, overflow) = received.multipliedReportingOverflow(by: limits.ratio)
        if yielded > limits.ratioFloor, !overflow, yielded > allowed { throw BodyDecodingError(.ratio) }
    }
}

/// Its streams are reached through it alone, and it cannot be copied: whoever has it has them.
extension BodyDecoder: @unchecked Sendable {}

extension ByteBuffer {
    /// Moves all of `other` behind what there is, without a copy where there is nothing.
    fileprivate mutating func append(_ other: inout ByteBuffer) {
        if readableBytes == 0 {
            self = other
        } else {
            writeImmutableBuffer(other)
        }
        other = ByteBuffer()
    }
}
