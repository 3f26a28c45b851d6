extension Duration {
    /// For people: `0.8 ms`, `12 ms`, `3.2 s`.
    var short: String {
        let (seconds, attoseconds) = components
        let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        switch microseconds {
        case ..<9950: return Self.tenths(microseconds, of: 1000) + " ms"
        case ..<999_500: return "\((microseconds + 500) / 1000) ms"
        default: return Self.tenths(microseconds, of: 1_000_000) + " s"
        }
    }

    private static func tenths(_ value: Int64, of unit: Int64) -> String {
        let tenths = (value * 10 + unit / 2) / unit
        return "\(tenths / 10).\(tenths % 10)"
    }
}
