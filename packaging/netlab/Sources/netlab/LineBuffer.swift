/// Cuts the control input into lines.
struct LineBuffer {
    /// Bytes a line may have; a longer one is cut there.
    static let limit = 1024

    private var pending: [UInt8] = []

    /// Takes bytes and returns the lines they complete, without their ends.
    mutating func append(_ bytes: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte != UInt8(ascii: "\n"), pending.count < Self.limit {
                pending.append(byte)
                continue
            }
            lines.append(String(decoding: pending, as: UTF8.self))
            pending.removeAll(keepingCapacity: true)
        }
        return lines
    }
}
