/// Reads a text with its escapes undone. As long as nothing is escaped that is the same as reading it as it stands, so a
/// lane parts from the plain one only at an escape, and joins it again when both have come to the same.
struct UndoneLane {
    private var reader: EscapeReader
    private(set) var isApart = false
    private var state = PatternTrie.root
    /// Where the last symbols began, by their number modulo the array's length.
    private var starts: [Int] = []
    private var symbols = 0

    init(_ kind: EscapeReader.Kind) {
        reader = EscapeReader(kind)
    }

    func parts(at byte: UInt8) -> Bool { !isApart && reader.isEscape(byte) }

    /// The text up to `position` has been read as it stands, and has led to `state`.
    mutating func part(from state: PatternTrie.State, at position: Int, _ trie: borrowing PatternTrie) {
        if starts.isEmpty { starts = [Int](repeating: 0, count: trie.longest + 1) }
        isApart = true
        self.state = state
        let depth = trie.depth(of: state)
        for index in 0..<depth { starts[index] = position - depth + index }
        symbols = depth
    }

    /// Reads the byte at `position`.
    mutating func read(_ byte: UInt8, at position: Int, _ trie: borrowing PatternTrie, into matches: inout Matches) {
        var reader = takeReader()
        reader.read(byte, at: position) { take($0, trie, &matches) }
        self.reader = reader
    }

    /// The text has ended.
    mutating func finish(at position: Int, _ trie: borrowing PatternTrie, into matches: inout Matches) {
        var reader = takeReader()
        reader.finish(at: position) { take($0, trie, &matches) }
        self.reader = reader
    }

    /// The reader calls back, and must not be a part of what it then changes.
    private mutating func takeReader() -> EscapeReader {
        var taken = EscapeReader(reader.kind)
        swap(&taken, &reader)
        return taken
    }

    /// Joins the plain lane where both have come to the same, by the same bytes.
    mutating func join(_ plain: PatternTrie.State, at position: Int, _ trie: borrowing PatternTrie) {
        guard reader.pendingCount == 0, state == plain else { return }
        let depth = trie.depth(of: state)
        if depth == 0 || start(ofLast: depth) == position - depth { isApart = false }
    }

    /// The first byte that a match still to come could hold.
    func frontier(at position: Int, _ trie: borrowing PatternTrie) -> Int {
        let live = trie.live(at: state)
        return live > 0 ? start(ofLast: live) : position - reader.pendingCount
    }

    private mutating func take(
        _ symbol: EscapeReader.Symbol, _ trie: borrowing PatternTrie, _ matches: inout Matches
    ) {
        state = trie.next(state, symbol.byte)
        starts[symbols % starts.count] = symbol.source.lowerBound
        symbols += 1
        let matched = trie.matched(at: state)
        if matched > 0 { matches.add(start(ofLast: matched)..<symbol.source.upperBound) }
    }

    private func start(ofLast count: Int) -> Int { starts[(symbols - count) % starts.count] }
}
