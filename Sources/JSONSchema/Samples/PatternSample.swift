import Value

/// Texts in which a regular expression is found: made from that part of ECMAScript's syntax that tells what to write.
///
/// Looking around is passed over, and what a text must not hold is not considered: whoever makes a text tests it.
struct PatternSample {
    indirect enum Piece {
        case scalar(Unicode.Scalar)
        /// One of, or none of, these ranges.
        case set([ClosedRange<UInt32>], isNegated: Bool)
        case sequence([Piece])
        case choice([Piece])
        case times(Piece, least: Int, most: Int?)
    }

    private let piece: Piece
    private let schema: Schema

    /// Nil where the expression holds something that is not understood.
    init?(_ pattern: String) {
        guard let schema = try? Schema(["pattern": .string(pattern)]) else { return nil }
        var parser = PatternReader(scalars: Array(pattern.unicodeScalars))
        guard let piece = parser.read() else { return nil }
        self.piece = piece
        self.schema = schema
    }

    func isFound(in text: String) -> Bool { schema.isValid(.string(text)) }

    /// - Parameters:
    ///   - atoms: what is written where anything may stand.
    ///   - longing: how many more than the least of repeated things there may be.
    func make(_ random: inout SplitMix64, atoms: [String], longing: Int) -> String? {
        var writer = PatternWriter(atoms: atoms.flatMap(\.unicodeScalars), longing: longing, random: random)
        let isWritten = writer.write(piece)
        random = writer.random
        return isWritten ? writer.text : nil
    }
}

/// Writes one text.
private struct PatternWriter {
    /// Scalars of one text at most.
    private static let most = 10_000

    let atoms: [Unicode.Scalar]
    let longing: Int
    var random: SplitMix64
    var text = ""
    private var count = 0
    /// Also of pieces that write nothing, however often.
    private var steps = 0

    init(atoms: [Unicode.Scalar], longing: Int, random: SplitMix64) {
        self.atoms = atoms
        self.longing = longing
        self.random = random
    }

    mutating func write(_ piece: PatternSample.Piece) -> Bool {
        steps += 1
        guard steps <= 4 * Self.most else { return false }
        switch piece {
        case .scalar(let scalar): return add(scalar)
        case .set(let ranges, let isNegated):
            guard let scalar = isNegated ? outside(ranges) : inside(ranges) else { return false }
            return add(scalar)
        case .sequence(let pieces):
            for piece in pieces where !write(piece) { return false }
            return true
        case .choice(let pieces):
            guard let piece = random.pick(pieces) else { return true }
            return write(piece)
        case .times(let piece, let least, let most):
            let more = min(most.map { $0 - least } ?? longing, longing)
            for _ in 0..<least + random.below(more + 1) where !write(piece) { return false }
            return true
        }
    }

    private mutating func add(_ scalar: Unicode.Scalar) -> Bool {
        count += 1
        text.unicodeScalars.append(scalar)
        return count <= Self.most
    }

    private mutating func inside(_ ranges: [ClosedRange<UInt32>]) -> Unicode.Scalar? {
        let wished = atoms.filter { atom in ranges.contains { $0.contains(atom.value) } }
        if !random.oneIn(3), let atom = random.pick(wished) { return atom }
        guard let range = random.pick(ranges) else { return nil }
        return Unicode.Scalar(range.lowerBound + UInt32(random.below(Int(range.upperBound - range.lowerBound) + 1)))
            ?? Unicode.Scalar(range.lowerBound)
    }

    private mutating func outside(_ ranges: [ClosedRange<UInt32>]) -> Unicode.Scalar? {
        let printable: [Unicode.Scalar] = (0x20...0x7e).compactMap { Unicode.Scalar($0 as UInt32) }
        let fits: (Unicode.Scalar) -> Bool = { scalar in !ranges.contains { $0.contains(scalar.value) } }
        return random.pick(atoms.filter(fits)) ?? random.pick(printable.filter(fits))
    }
}
