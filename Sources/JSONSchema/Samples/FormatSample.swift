/// Texts of the formats that are checked, and of some that are only customary.
enum FormatSample {
    /// Nil for formats that say nothing of the text.
    static func make(_ format: String, _ random: inout SplitMix64) -> String? {
        let number = random.below(28)
        let two = number < 9 ? "0\(number + 1)" : "\(number + 1)"
        let word = String((0..<3 + random.below(4)).compactMap { _ in random.pick(letters) })
        switch format {
        case "date-time": return "20\(10 + number)-0\(1 + number % 9)-\(two)T\(10 + number % 14):\(10 + number):05Z"
        case "date": return "20\(10 + number)-0\(1 + number % 9)-\(two)"
        case "time": return "\(10 + number % 14):\(10 + number):05Z"
        case "duration": return "P\(1 + number)DT\(1 + number % 20)H"
        case "email", "idn-email": return "\(word)@example.com"
        case "hostname", "idn-hostname": return "\(word).example.com"
        case "ipv4": return "192.0.2.\(1 + number)"
        case "ipv6": return "2001:db8::\(1 + number)"
        case "uri", "iri", "url": return "https://example.com/\(word)?page=\(number)#top"
        case "uri-reference", "iri-reference": return "/\(word)/\(number)"
        case "uri-template": return "/\(word)/{id}"
        case "uuid": return uuid(&random)
        case "json-pointer": return "/\(word)/\(number)"
        case "relative-json-pointer": return "1/\(word)"
        case "regex": return "^\(word)+$"
        case "byte": return random.pick(["YQ==", "YWI=", "YWJj", "+/+/"])
        default: return nil
        }
    }

    private static let letters = Array("abcdefghijklmnopqrstuvwxyz")

    private static func uuid(_ random: inout SplitMix64) -> String {
        let digits = Array("0123456789abcdef")
        return String(
            (0..<36).map { place in
                switch place {
                case 8, 13, 18, 23: "-"
                case 14: "4"
                case 19: "8"
                default: digits[random.below(digits.count)]
                }
            })
    }
}
