import Value

/// Values that come out the same for the same seed.
struct RandomValues {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    }

    mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(truncatingIfNeeded: state >> 33) % bound
    }

    private static let names = [
        "id", "name", "created_at", "a\u{301}", "\u{E1}", "é", "", "2026-01-02", "cust_88412", "total", "tags", "x",
        "0b7a0d5e-6f1a-4a58-9d53-1a2b3c4d5e6f", "1", "2",
    ]
    private static let texts = [
        "", "word", "2026-02-28T10:00:00Z", "2026-02-28", "0b7a0d5e-6f1a-4a58-9d53-1a2b3c4d5e6f", "a@example.com",
        "https://example.com/a?b=c", "192.0.2.7", "2026-02-30",
    ]

    mutating func value(depth: Int = 0) -> JSON {
        switch next(depth > 4 ? 5 : 9) {
        case 0: return .null
        case 1: return .bool(next(2) == 0)
        case 2: return .number(JSONNumber(next(1000) - 500))
        case 3: return .number(JSONNumber(text: "\(next(100)).\(next(10))") ?? JSONNumber(0))
        case 4: return .string(Self.texts[next(Self.texts.count)])
        case 5: return .array((0..<next(4)).map { _ in value(depth: depth + 1) })
        default:
            var object = JSONObject()
            for _ in 0..<next(6) { object[Self.names[next(Self.names.count)]] = value(depth: depth + 1) }
            return .object(object)
        }
    }
}
