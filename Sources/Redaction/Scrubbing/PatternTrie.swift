/// The automaton of Aho and Corasick ("Efficient string matching", 1975) over bytes: one pass finds all patterns, in
/// time that depends on the text's length only. Patterns are added, then it is linked; after that it never changes.
///
/// ASCII letters are found in either case.
///
/// Its memory tells the patterns, so it is its own and is wiped when it goes.
struct PatternTrie: ~Copyable {
    /// A state: what has been read ends with the bytes on the way here from the root.
    typealias State = Int32
    static let root: State = 0

    private struct Node {
        var firstChild: State = 0
        var sibling: State = 0
        /// The state of the longest proper suffix that begins a pattern.
        var fallback: State = 0
        var depth: Int32 = 0
        /// The length of the longest pattern that ends here; 0 where none does.
        var matched: Int32 = 0
        /// The length of the longest suffix that could still become a longer match.
        var live: Int32 = 0
        var byte: UInt8 = 0
    }

    private var nodes: UnsafeMutableBufferPointer<Node>
    private var count = 1
    /// The root's children by byte.
    private let first: UnsafeMutableBufferPointer<State>
    /// A bit for each two bytes with which something may begin that is worth a closer look.
    private let pairs: UnsafeMutableBufferPointer<UInt64>
    /// The longest pattern.
    private(set) var longest = 0

    init() {
        nodes = .allocate(capacity: 64)
        nodes.initialize(repeating: Node())
        first = .allocate(capacity: 256)
        first.initialize(repeating: 0)
        pairs = .allocate(capacity: 1024)
        pairs.initialize(repeating: 0)
    }

    deinit {
        wipe(UnsafeMutableRawBufferPointer(nodes))
        nodes.deallocate()
        wipe(UnsafeMutableRawBufferPointer(first))
        first.deallocate()
        wipe(UnsafeMutableRawBufferPointer(pairs))
        pairs.deallocate()
    }

    var isEmpty: Bool { count == 1 }

    /// What it occupies, in bytes.
    var memory: Int { nodes.count * MemoryLayout<Node>.stride + 256 * 4 + 1024 * 8 }

    // MARK: reading

    func next(_ state: State, _ byte: UInt8) -> State {
        let byte = Self.fold(byte)
        guard state != Self.root else { return first[Int(byte)] }
        var state = state
        while state != Self.root {
            let child = child(of: state, byte)
            if child != Self.root { return child }
            state = nodes[Int(state)].fallback
        }
        return first[Int(byte)]
    }

    /// Letters in lower case.
    private static func fold(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// The bytes that are read as this one.
    private static func spellings(_ byte: UInt8) -> [UInt8] { byte &- 0x61 < 26 ? [byte, byte & 0xDF] : [byte] }

    func matched(at state: State) -> Int { Int(nodes[Int(state)].matched) }
    func live(at state: State) -> Int { Int(nodes[Int(state)].live) }
    func depth(of state: State) -> Int { Int(nodes[Int(state)].depth) }

    /// False where nothing begins with these two bytes.
    func mayBegin(_ one: UInt8, _ two: UInt8) -> Bool {
        pairs[Int(one) << 2 | Int(two) >> 6] >> UInt64(two & 63) & 1 == 1
    }

    /// Looks closer wherever this byte comes, and where it comes behind the first byte of a pattern.
    mutating func watch(_ byte: UInt8) {
        for word in 0..<4 { pairs[Int(byte) << 2 | word] = .max }
        for one in 0...UInt8.max where first[Int(Self.fold(one))] != Self.root { mark(one, byte) }
    }

    private mutating func mark(_ one: UInt8, _ two: UInt8) {
        pairs[Int(one) << 2 | Int(two) >> 6] |= 1 << UInt64(two & 63)
    }

    // MARK: building

    /// Adds a pattern of at least two bytes.
    mutating func insert(_ pattern: some Sequence<UInt8>) {
        var state = Self.root
        for byte in pattern.lazy.map(Self.fold) {
            let known = state == Self.root ? first[Int(byte)] : child(of: state, byte)
            state = known == Self.root ? addChild(to: state, byte) : known
        }
        nodes[Int(state)].matched = nodes[Int(state)].depth
        longest = max(longest, depth(of: state))
    }

    /// Makes it ready for reading.
    mutating func link() {
        // Breadth first, so that a fallback, which is shorter, is ready before it is needed.
        var queue: [State] = first.filter { $0 != Self.root }
        var position = 0
        while position < queue.count {
            let state = queue[position]
            position += 1
            let node = nodes[Int(state)]
            if node.matched == 0 { nodes[Int(state)].matched = nodes[Int(node.fallback)].matched }
            nodes[Int(state)].live = node.firstChild != 0 ? node.depth : nodes[Int(node.fallback)].live
            var child = node.firstChild
            while child != 0 {
                let byte = nodes[Int(child)].byte
                nodes[Int(child)].fallback = next(node.fallback, byte)
                if node.depth == 1 {
                    for one in Self.spellings(node.byte) { for two in Self.spellings(byte) { mark(one, two) } }
                }
                queue.append(child)
                child = nodes[Int(child)].sibling
            }
        }
    }

    private func child(of state: State, _ byte: UInt8) -> State {
        var child = nodes[Int(state)].firstChild
        while child != 0, nodes[Int(child)].byte != byte { child = nodes[Int(child)].sibling }
        return child
    }

    private mutating func addChild(to parent: State, _ byte: UInt8) -> State {
        if count == nodes.count { grow() }
        let child = State(count)
        count += 1
        nodes[Int(child)].byte = byte
        nodes[Int(child)].depth = nodes[Int(parent)].depth + 1
        if parent == Self.root {
            first[Int(byte)] = child
        } else {
            nodes[Int(child)].sibling = nodes[Int(parent)].firstChild
            nodes[Int(parent)].firstChild = child
        }
        return child
    }

    private mutating func grow() {
        let larger = UnsafeMutableBufferPointer<Node>.allocate(capacity: nodes.count * 2)
        let filled = larger.moveInitialize(fromContentsOf: nodes)
        larger[filled...].initialize(repeating: Node())
        wipe(UnsafeMutableRawBufferPointer(nodes))
        nodes.deallocate()
        nodes = larger
    }
}

/// Once linked it is only read, from any thread.
extension PatternTrie: @unchecked Sendable {}
