import Drafts
import EgressPolicy

/// A path with parameters where one thing among many is named.
struct PathShape {
    enum Segment: Hashable {
        case literal(String)
        /// - `name`: as the source calls it; nil to be made from what stands in front.
        /// - `suffix`: what follows in the same segment, such as `.json`.
        case parameter(name: String?, suffix: String)
    }

    private(set) var segments: [Segment]
    /// What stood in the parameters' places, in their order; only to tell types.
    private(set) var samples: [String?]
    /// Of the parameters, in their order.
    private(set) var descriptions: [String?]

    private static let mostSegments = 64

    /// Nil for a path that has more segments than any API's, or empty ones in the middle.
    ///
    /// - Parameter named: what a segment is that the source itself has made a parameter; nil for others.
    init?(_ path: String, named: (Substring) -> (name: String, sample: String?, description: String?)? = { _ in nil }) {
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= Self.mostSegments, !parts.dropLast().contains("") else { return nil }
        (segments, samples, descriptions) = ([], [], [])
        for part in parts {
            if let parameter = named(part) {
                add(.parameter(name: parameter.name, suffix: ""), parameter.sample, parameter.description)
            } else if let suffix = Self.suffix(ofIdentifier: part, behind: segments.last) {
                add(.parameter(name: nil, suffix: suffix), String(part.dropLast(suffix.count)), nil)
            } else if let literal = Self.literal(part) {
                segments.append(.literal(literal))
            } else {
                add(.parameter(name: nil, suffix: ""), nil, nil)
            }
        }
    }

    private mutating func add(_ segment: Segment, _ sample: String?, _ description: String?) {
        segments.append(segment)
        samples.append(sample.flatMap { TextValue.decoded($0, plusIsSpace: false) })
        descriptions.append(description)
    }

    /// Nil for a segment that looks like a word.
    private static func suffix(ofIdentifier part: Substring, behind previous: Segment?) -> String? {
        PathWords.suffix(ofIdentifier: part, behind: word(previous), isFirst: previous == nil)
    }

    private static func word(_ segment: Segment?) -> String? {
        if case .literal(let word)? = segment { word } else { nil }
    }

    /// Whether it is the API's and not a thing's: `api`, `v2`. What follows is the name of a kind of thing.
    static func isVersion(_ segment: Segment) -> Bool { word(segment).map(PathWords.isVersion) ?? false }

    /// A segment as it can stand in a template; nil where it cannot.
    private static func literal(_ part: Substring) -> String? {
        var text = ""
        for byte in part.utf8 {
            if byte < 0x80,
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "-._~!$&'()*+,;=:@%".utf8.contains(byte)
            {
                text.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        guard (try? PathTemplate("/" + text)) != nil else { return nil }
        return text
    }

    /// Makes a parameter of a literal.
    mutating func generalise(_ index: Int) {
        guard case .literal(let text) = segments[index] else { return }
        let place = segments[..<index].count { if case .parameter = $0 { true } else { false } }
        segments[index] = .parameter(name: nil, suffix: "")
        samples.insert(TextValue.decoded(text, plusIsSpace: false), at: place)
        descriptions.insert(nil, at: place)
    }

    /// The template, and its parameters' names: those of the source, or `customer_id` behind `customers`.
    ///
    /// - Parameter taken: names that other parameters of the call have.
    func template(besides taken: Set<String> = []) -> (text: String, names: [String]) {
        var text = ""
        var names: [String] = []
        var previous: Segment?
        for segment in segments {
            switch segment {
            case .literal(let literal): text += "/" + literal
            case .parameter(let name, let suffix):
                var unique = name.flatMap(Self.usable) ?? PathWords.name(behind: Self.word(previous))
                if taken.contains(unique) { unique = "path_" + unique }
                let first = unique
                var round = 2
                while names.contains(unique) || taken.contains(unique) {
                    unique = "\(first)_\(round)"
                    round += 1
                }
                names.append(unique)
                text += "/{\(unique)}\(suffix)"
            }
            previous = segment
        }
        return (text.isEmpty ? "/" : text, names)
    }

    private static func usable(_ name: String) -> String? {
        let bytes = name.utf8.map { byte -> UInt8 in
            let isFine = byte < 0x80 && (byte.isWordByte || byte == UInt8(ascii: "-"))
            return isFine ? byte : UInt8(ascii: "_")
        }
        guard bytes.contains(where: \.isWordByte), bytes.count <= 64 else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var isWordByte: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
            || self == UInt8(ascii: "_") || self == UInt8(ascii: ".")
    }
}
