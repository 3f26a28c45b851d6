import Value

/// The formats that OpenAPI gives numbers and that exclude some.
enum NumberFormat: String {
    case int32
    case int64

    var bits: Int { self == .int32 ? 32 : 64 }

    /// Whether a number is whole and in range.
    func admits(_ number: JSONNumber) -> Bool {
        guard let value = number.int else { return false }
        return self == .int64 || Int32(exactly: value) != nil
    }
}
