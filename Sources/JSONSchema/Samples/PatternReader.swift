/// Reads a regular expression into what can be written from it.
struct PatternReader {
    typealias Piece = PatternSample.Piece

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0

    init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    /// Nil for what is not understood.
    mutating func read() -> Piece? {
        guard scalars.count <= 8192, let piece = choice(), index == scalars.count else { return nil }
        return piece
    }

    private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
        index + offset < scalars.count ? scalars[index + offset] : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        index += 1
        return true
    }

    private mutating func choice() -> Piece? {
        var branches: [Piece] = []
        repeat {
            guard let branch = sequence() else { return nil }
            branches.append(branch)
        } while take("|")
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() -> Piece? {
        var pieces: [Piece] = []
        while let scalar = peek(), scalar != "|", scalar != ")" {
            index += 1
            guard let piece = piece(scalar), let repeated = quantified(piece) else { return nil }
            pieces.append(repeated)
        }
        return .sequence(pieces)
    }

    private mutating func piece(_ scalar: Unicode.Scalar) -> Piece? {
        switch scalar {
        case "^", "$": return .sequence([])
        case ".": return .set([0x0a...0x0a, 0x0d...0x0d, 0x2028...0x2029], isNegated: true)
        case "(": return group()
        case "[": return characterClass()
        case "\\": return escape(inClass: false)
        case "*", "+", "?": return nil
        default: return .scalar(scalar)
        }
    }

    private mutating func group() -> Piece? {
        depth += 1
        defer { depth -= 1 }
        guard depth < 50 else { return nil }
        var isPassedOver = false
        if take("?") {
            switch (peek(), peek(1)) {
            case ("=", _), ("!", _): (isPassedOver, index) = (true, index + 1)
            case ("<", "="), ("<", "!"): (isPassedOver, index) = (true, index + 2)
            case ("<", _):
                while let scalar = peek(), scalar != ">" { index += scalar == ")" ? scalars.count : 1 }
                guard take(">") else { return nil }
            case (":", _): index += 1
            default:
                while let scalar = peek(), "-imsx".unicodeScalars.contains(scalar) { index += 1 }
                if take(")") { return .sequence([]) }
                guard take(":") else { return nil }
            }
        }
        guard let piece = choice(), take(")") else { return nil }
        return isPassedOver ? .sequence([]) : piece
    }

    private mutating func quantified(_ piece: Piece) -> Piece? {
        var least = 1
        var most: Int? = 1
        switch peek() {
        case "*": (least, most) = (0, nil)
        case "+": (least, most) = (1, nil)
        case "?": (least, most) = (0, 1)
        case "{":
            guard let counts = counts() else { return piece }
            (least, most) = counts
            index -= 1
        default: return piece
        }
        index += 1
        _ = take("?")
        guard most.map({ $0 >= least }) ?? true else { return nil }
        return .times(piece, least: least, most: most)
    }

    /// `{2}`, `{2,}` and `{2,3}`; nil, and nothing taken, for a brace that is only a brace.
    private mutating func counts() -> (Int, Int?)? {
        let start = index
        index += 1
        if let least = digits() {
            if take("}") { return (least, least) }
            if take(",") {
                let most = digits()
                if take("}") { return (least, most) }
            }
        }
        index = start
        return nil
    }

    private mutating func digits() -> Int? {
        var value: Int?
        while let scalar = peek(), let digit = Self.value(scalar, radix: 10) {
            value = min((value ?? 0) * 10 + digit, 100_000)
            index += 1
        }
        return value
    }

    private mutating func characterClass() -> Piece? {
        let isNegated = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        while let scalar = peek(), scalar != "]" {
            index += 1
            guard let first = member(scalar) else { return nil }
            guard peek() == "-", let end = peek(1), end != "]", case .scalar(let low) = first else {
                ranges += Self.ranges(first)
                continue
            }
            index += 2
            guard let last = member(end) else { return nil }
            guard case .scalar(let high) = last else {
                ranges += Self.ranges(first) + Self.ranges(last) + [0x2d...0x2d]
                continue
            }
            guard low.value <= high.value else { return nil }
            ranges.append(low.value...high.value)
        }
        return take("]") ? .set(ranges, isNegated: isNegated) : nil
    }

    private mutating func member(_ scalar: Unicode.Scalar) -> Piece? {
        scalar == "\\" ? escape(inClass: true) : .scalar(scalar)
    }

    private static func ranges(_ piece: Piece) -> [ClosedRange<UInt32>] {
        switch piece {
        case .scalar(let scalar): [scalar.value...scalar.value]
        case .set(let ranges, isNegated: false): ranges
        case .set(let ranges, isNegated: true): complement(ranges)
        case .sequence, .choice, .times: []
        }
    }

    /// Of printable ASCII, which is enough.
    private static func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        (0x20...0x7e).filter { code in !ranges.contains { $0.contains(code) } }.map { $0...$0 }
    }

    private mutating func escape(inClass: Bool) -> Piece? {
        guard let scalar = peek() else { return nil }
        index += 1
        switch scalar {
        case "d": return .set(Self.digit, isNegated: false)
        case "D": return .set(Self.digit, isNegated: true)
        case "w": return .set(Self.word, isNegated: false)
        case "W": return .set(Self.word, isNegated: true)
        case "s": return .set(Self.space, isNegated: false)
        case "S": return .set(Self.space + [0...0x20, 0x7f...0xa0], isNegated: true)
        case "b" where !inClass, "B" where !inClass, "A" where !inClass, "Z" where !inClass, "z" where !inClass:
            return .sequence([])
        case "n": return .scalar("\n")
        case "r": return .scalar("\r")
        case "t": return .scalar("\t")
        case "f": return .scalar("\u{c}")
        case "v": return .scalar("\u{b}")
        case "x": return hexadecimal(2)
        case "u": return take("{") ? braced() : hexadecimal(4)
        case "p", "P": return property(isNegated: scalar == "P")
        case "0"..."9", "k", "c": return nil
        default: return .scalar(scalar)
        }
    }

    private static let digit: [ClosedRange<UInt32>] = [0x30...0x39]
    private static let word: [ClosedRange<UInt32>] = [0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a]
    private static let space: [ClosedRange<UInt32>] = [0x20...0x20]

    private mutating func hexadecimal(_ count: Int) -> Piece? {
        var code: UInt32 = 0
        for _ in 0..<count {
            guard let scalar = peek(), let digit = Self.value(scalar, radix: 16) else { return nil }
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return Unicode.Scalar(code).map(Piece.scalar)
    }

    private mutating func braced() -> Piece? {
        var code: UInt32 = 0
        while let scalar = peek(), let digit = Self.value(scalar, radix: 16), code < 0x11_0000 {
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return take("}") ? Unicode.Scalar(code).map(Piece.scalar) : nil
    }

    /// Some members of the property's set; nil for properties that are not known here.
    private mutating func property(isNegated: Bool) -> Piece? {
        guard take("{") else { return nil }
        var name = ""
        while let scalar = peek(), scalar != "}" {
            name.unicodeScalars.append(scalar)
            index += 1
        }
        guard take("}") else { return nil }
        switch name {
        case "L", "Letter", "Alphabetic": return .set([0x41...0x5a, 0x61...0x7a, 0xe0...0xf6], isNegated: isNegated)
        case "Lu": return .set([0x41...0x5a], isNegated: isNegated)
        case "Ll": return .set([0x61...0x7a], isNegated: isNegated)
        case "N", "Nd": return .set(Self.digit, isNegated: isNegated)
        default: return nil
        }
    }

    private static func value(_ scalar: Unicode.Scalar, radix: Int) -> Int? {
        guard scalar.isASCII, let value = Character(scalar).hexDigitValue, value < radix else { return nil }
        return value
    }
}
