import Value

extension SampleGenerator {
    /// Code points of one string at most.
    private static let mostLength = 4096

    mutating func string(_ facts: SampleFacts) -> String? {
        guard facts.minLength <= facts.maxLength, facts.minLength <= Self.mostLength else { return nil }
        if facts.isBase64 { return base64(facts) }
        if !facts.patterns.isEmpty { return patterned(facts) }
        if let format = facts.format, let text = FormatSample.make(format, &random),
            (facts.minLength...facts.maxLength).contains(text.unicodeScalars.count)
        {
            return text
        }
        return plain(facts)
    }

    private mutating func plain(_ facts: SampleFacts) -> String {
        let most = min(facts.maxLength, max(facts.minLength, 12))
        let least = max(facts.minLength, min(1, most))
        let length = least + random.below(min(most - least, 8) + 1)
        var text = ""
        var count = 0
        while count < length, let atom = random.pick(wishes.atoms) {
            let size = atom.unicodeScalars.count
            guard size > 0, count + size <= facts.maxLength else {
                text += "a"
                count += 1
                continue
            }
            text += atom
            count += size
        }
        return text
    }

    private mutating func patterned(_ facts: SampleFacts) -> String? {
        var samples: [PatternSample] = []
        for pattern in facts.patterns {
            guard let sample = sample(of: pattern) else { return nil }
            samples.append(sample)
        }
        for attempt in 0..<40 {
            let first = samples[attempt % samples.count]
            let longing = attempt < 4 ? 2 : attempt < 20 ? facts.minLength / 2 + 2 : facts.minLength + 2
            // What the schema's author did not think of is tried first.
            let atoms = attempt % 4 < 2 ? wishes.atoms : SampleWishes.letters
            guard let text = first.make(&random, atoms: atoms, longing: min(longing, Self.mostLength)) else {
                return nil
            }
            let length = text.unicodeScalars.count
            guard length >= facts.minLength, length <= facts.maxLength else { continue }
            if samples.allSatisfy({ $0.isFound(in: text) }) { return text }
        }
        return nil
    }

    mutating func sample(of pattern: String) -> PatternSample? {
        if let known = patterns[pattern] { return known }
        let sample = PatternSample(pattern)
        patterns[pattern] = sample
        return sample
    }

    private mutating func base64(_ facts: SampleFacts) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let groups = max(1 + random.below(6), min((facts.minLength + 3) / 4, Self.mostLength / 4))
        var bytes = (0..<4 * groups).compactMap { _ in random.pick(alphabet) }
        if random.oneIn(2), let last = bytes.indices.last {
            // The last digit before one `=` has two bits that must be zero.
            bytes[last] = UInt8(ascii: "=")
            bytes[last - 1] = random.pick(Array("AEIMQUYcgkosw048".utf8)) ?? UInt8(ascii: "A")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
