package import NIOCore

/// One text on its way through a ``Scrubber``, in chunks. A secret is found wherever the chunks' borders lie; held back
/// are only bytes with which a secret may have begun, and they leave as soon as they turn out not to be one.
package struct ScrubStream: Sendable {
    private let scrubber: Scrubber
    private var plain = PatternTrie.root
    /// JSON encoders leave percent signs as they are, so a secret that holds one is looked for both ways.
    private var unescaped = UndoneLane(.backslash)
    private var decoded = UndoneLane(.percent)
    private var referenced = UndoneLane(.reference)
    private var unwrapped = UndoneLane(.wrapped)
    /// How many bytes have been read.
    private var position = 0
    /// How many of them have left, or have been replaced by what has left.
    private var left = 0
    private var endsInReplacement = false
    /// The bytes between.
    private var held = ByteBuffer()
    /// What has been found and has not left.
    private var matches = Matches()
    private let options: Scrubber.StreamOptions
    /// How many secrets have been replaced so far: of those that touch each other, one.
    package private(set) var replacements = 0

    init(_ scrubber: Scrubber, _ options: Scrubber.StreamOptions) {
        self.scrubber = scrubber
        self.options = options
    }

    /// Bytes held back now: never more than the longest form of a secret, with every character of it escaped.
    package var heldBytes: Int { held.readableBytes }

    /// Reads a chunk, and returns what may leave.
    package mutating func scrub(_ chunk: ByteBuffer) -> ByteBuffer {
        guard !scrubber.isEmpty else { return chunk }
        chunk.withUnsafeReadableBytes { scan($0) }
        return release(chunk, upTo: frontier())
    }

    /// The text has ended: returns all that was held back.
    package mutating func finish() -> ByteBuffer {
        guard !scrubber.isEmpty else { return ByteBuffer() }
        if unescaped.isApart { unescaped.finish(at: position, scrubber.trie, into: &matches) }
        if decoded.isApart { decoded.finish(at: position, scrubber.trie, into: &matches) }
        if referenced.isApart { referenced.finish(at: position, scrubber.trie, into: &matches) }
        if unwrapped.isApart { unwrapped.finish(at: position, scrubber.trie, into: &matches) }
        return release(ByteBuffer(), upTo: position)
    }

    // MARK: looking

    private mutating func scan(_ bytes: UnsafeRawBufferPointer) {
        let base = position
        var index = 0
        while index < bytes.count {
            if plain == PatternTrie.root, !isAnyApart {
                // Most of any text passes here.
                while index + 1 < bytes.count, !scrubber.trie.mayBegin(bytes[index], bytes[index + 1]) { index += 1 }
            }
            read(bytes[index], at: base + index)
            index += 1
        }
        position = base + bytes.count
    }

    private var isAnyApart: Bool {
        unescaped.isApart || decoded.isApart || referenced.isApart || unwrapped.isApart
    }

    private mutating func read(_ byte: UInt8, at position: Int) {
        if EscapeReader.isEscapeOfAnyKind(byte) { part(at: byte, position) }
        plain = scrubber.trie.next(plain, byte)
        let matched = scrubber.trie.matched(at: plain)
        if matched > 0 { matches.add(position + 1 - matched..<position + 1) }
        guard isAnyApart else { return }
        Self.advance(&unescaped, byte, position, plain, scrubber.trie, &matches)
        Self.advance(&decoded, byte, position, plain, scrubber.trie, &matches)
        Self.advance(&referenced, byte, position, plain, scrubber.trie, &matches)
        Self.advance(&unwrapped, byte, position, plain, scrubber.trie, &matches)
    }

    /// Some lane undoes an escape that may begin with this byte.
    private mutating func part(at byte: UInt8, _ position: Int) {
        if unescaped.parts(at: byte) { unescaped.part(from: plain, at: position, scrubber.trie) }
        if decoded.parts(at: byte) { decoded.part(from: plain, at: position, scrubber.trie) }
        if referenced.parts(at: byte) { referenced.part(from: plain, at: position, scrubber.trie) }
        if unwrapped.parts(at: byte) { unwrapped.part(from: plain, at: position, scrubber.trie) }
    }

    @inline(__always)
    private static func advance(
        _ lane: inout UndoneLane, _ byte: UInt8, _ position: Int, _ plain: PatternTrie.State,
        _ trie: borrowing PatternTrie, _ matches: inout Matches
    ) {
        guard lane.isApart else { return }
        lane.read(byte, at: position, trie, into: &matches)
        lane.join(plain, at: position + 1, trie)
    }

    /// The first byte that a match still to come could hold.
    private func frontier() -> Int {
        var frontier = position - scrubber.trie.live(at: plain)
        if unescaped.isApart { frontier = min(frontier, unescaped.frontier(at: position, scrubber.trie)) }
        if decoded.isApart { frontier = min(frontier, decoded.frontier(at: position, scrubber.trie)) }
        if referenced.isApart { frontier = min(frontier, referenced.frontier(at: position, scrubber.trie)) }
        if unwrapped.isApart { frontier = min(frontier, unwrapped.frontier(at: position, scrubber.trie)) }
        return options.contains(.prompt) && position - frontier < Scrubber.shortest ? position : frontier
    }

    // MARK: letting go

    /// Lets go what lies before `frontier`, and the matches that begin there or before: whatever is found later can
    /// only make them longer, and then there is nothing left to replace.
    private mutating func release(_ chunk: ByteBuffer, upTo frontier: Int) -> ByteBuffer {
        if held.readableBytes == 0, matches.ranges.isEmpty {
            // Nothing to take out: what leaves is a slice of what came.
            var rest = chunk
            let output = rest.readSlice(length: max(frontier - left, 0)) ?? ByteBuffer()
            held = rest
            if frontier > left { endsInReplacement = false }
            left = max(left, frontier)
            return output
        }
        var source = held
        held = ByteBuffer()
        source.writeImmutableBuffer(chunk)
        var output = ByteBuffer()
        let start = left
        for match in matches.removeAll(upTo: frontier) {
            copy(from: source, startingAt: start, upTo: match.lowerBound, to: &output)
            // Behind bytes that have already been replaced, more of the same needs no second replacement.
            if !endsInReplacement { replacements += 1 }
            if options.contains(.keepsLength) {
                output.writeRepeatingByte(UInt8(ascii: "*"), count: max(0, match.upperBound - left))
            } else if !endsInReplacement {
                output.writeString(Scrubber.replacement)
            }
            left = max(left, match.upperBound)
            endsInReplacement = true
        }
        copy(from: source, startingAt: start, upTo: frontier, to: &output)
        source.moveReaderIndex(forwardBy: left - start)
        held = source
        held.discardReadBytes()
        return output
    }

    private mutating func copy(
        from source: ByteBuffer, startingAt start: Int, upTo end: Int, to output: inout ByteBuffer
    ) {
        guard end > left else { return }
        output.writeBytes(source.readableBytesView.dropFirst(left - start).prefix(end - left))
        left = end
        endsInReplacement = false
    }
}
