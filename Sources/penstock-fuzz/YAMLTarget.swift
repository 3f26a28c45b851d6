import JSONSchema
import Value
import YAML

/// Bytes that are nearly YAML or JSON.
struct YAMLTarget: FuzzTarget {
    private let seeds: [[UInt8]]

    private static let limits = YAMLLimits(depth: 64, bytes: 1 << 20, nodes: 50_000, aliasedNodes: 5000)
    private static let tokens = [
        "- ", ": ", "? ", "&a ", "*a", "!!str ", "!<tag:yaml.org,2002:int> ", "!x ", "|\n", ">-\n", "|2+\n", "'", "\"",
        "{", "}", "[", "]", ",", "#", "\n", "\r\n", "\t", "  ", "---\n", "...\n", "%YAML 1.2\n---\n", "%TAG ! x:\n",
        "<<: *a\n", "<<: [*a, *a]\n", "null", "~", "true", "0x1F", "0o17", "1e999999999", ".inf", ".nan", "-0", "+1",
        "1_0",
        "\\u0000", "\\ud83d", "\\ud83d\\ude00", "\\x41", "\u{FEFF}", "\u{2028}", "\u{85}", "\u{0}", "é", "\u{1F600}",
        "@", "`",
        "a: &a [*a]", "\"a\":1", "=", "1", "e5", ".",
    ].map { Array($0.utf8) }
    private static let plain: [String] = [
        "a: 1\nb: [x, 'y', \"z\\n\"]\nc: {d: e, f: {g: h}}\n", "- a\n- - b\n  - c\n- ? k\n  : v\n",
        "base: &base {a: 1}\nuse:\n  <<: *base\n  b: 2\n", "text: |\n  one\n   two\nfolded: >-\n  a\n  b\n\n  c\n",
        "{\"a\":[1,2.5e3,-0,true,null,\"x\\u00e9\\ud83d\\ude00\"],\"b\":{\"\":{}}}", "# only a comment\n", "\"quoted\"",
        "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /a/{b}:\n    get: &g\n      responses: {'200': {description: ok}}\n",
    ]

    init(corpus: String?) {
        var seeds = Self.plain.map { Array($0.utf8) }
        for path in corpus.map({ Files.all(in: $0, endings: [".json", ".yaml", ".yml"]) }) ?? [] {
            if let bytes = Files.bytes(path), bytes.count < 20_000 { seeds.append(bytes) }
        }
        self.seeds = seeds
    }

    func input(seed: UInt64, index: Int) -> [UInt8] {
        var random = SplitMix64(seed: seed &* 0x9E37_79B9 &+ UInt64(index))
        var bytes = random.pick(seeds) ?? []
        for _ in 0..<random.below(8) { mutate(&bytes, &random) }
        return bytes
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
        let place = random.below(bytes.count + 1)
        let end = min(bytes.count, place + 1 + random.below(random.oneIn(4) ? 200 : 6))
        switch random.below(8) {
        case 0, 1, 2: bytes.insert(contentsOf: random.pick(Self.tokens) ?? [], at: place)
        case 3: bytes.removeSubrange(place..<end)
        case 4: if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
        case 5: bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count + 1))
        case 6:
            let other = random.pick(seeds) ?? []
            let from = random.below(other.count + 1)
            bytes.insert(contentsOf: other[from..<min(other.count, from + 60)], at: place)
        default:
            let piece = random.pick(Self.tokens) ?? []
            let times = random.oneIn(6) ? 3000 : 20
            bytes.insert(contentsOf: Array(repeatElement(piece, count: times).joined()), at: place)
        }
    }

    func fault(of input: [UInt8]) -> String? {
        let json = Result { () throws(JSONParseError) in try JSON.parse(input) }
        let document = Result { () throws(JSONParseError) in try JSON.parseDocument(input) }
        switch (json, document) {
        case (.success(let left), .success(let right)):
            if left != right.root || left.bytes() != right.root.bytes() { return "two readings of JSON" }
            if let fault = Self.fault(of: left) ?? Self.fault(of: right) { return fault }
        case (.failure(let left), .failure(let right)):
            if left != right { return "two faults of JSON: \(left), \(right)" }
        default: return "JSON only sometimes"
        }
        do throws(YAMLError) {
            let yaml = try YAML.parse(input, limits: Self.limits)
            if let fault = Self.fault(of: yaml) ?? Self.fault(of: yaml.root) { return fault }
            // In a quoted scalar, libyaml takes U+0085, U+2028 and U+2029 for line ends, as YAML 1.1 did.
            if case .success(let value) = json, value != yaml.root, value.string == nil {
                return "YAML reads JSON otherwise"
            }
            let written = yaml.root.bytes()
            guard let again = try? YAML.parse(written), again.root == yaml.root else {
                return "YAML does not read it again"
            }
        } catch {
            if error.position.line < 1 || error.position.column < 1 { return "a fault is nowhere: \(error)" }
            if case .success(let value) = json, value.array != nil || value.object != nil, input.count < 1 << 19,
                !error.message.contains("than")
            {
                return "YAML refuses JSON: \(error)"
            }
        }
        return nil
    }

    private static func fault(of value: JSON) -> String? {
        let bytes = value.bytes()
        guard let again = try? JSON.parse(bytes) else { return "cannot read what was written" }
        if again != value { return "reads something else than was written" }
        guard again.bytes() == bytes else { return "writes something else than was read" }
        guard (try? JSON.parse(value.bytes(pretty: true))) == value else { return "pretty is not the same" }
        return nil
    }

    /// Everything stands somewhere.
    private static func fault(of document: Document) -> String? {
        var rest: [(JSONPointer, JSON)] = [(.root, document.root)]
        var count = 0
        while let (pointer, value) = rest.popLast(), count < 2000 {
            count += 1
            guard let position = document.position(of: pointer), position.line > 0, position.column > 0 else {
                return "\(pointer) stands nowhere"
            }
            switch value {
            case .object(let object): rest += object.map { (pointer.appending($0.key), $0.value) }
            case .array(let elements): rest += elements.enumerated().map { (pointer.appending($0.offset), $0.element) }
            case .null, .bool, .number, .string: continue
            }
        }
        return nil
    }
}
