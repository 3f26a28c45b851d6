/// Reads a duration: whole numbers with `ms`, `s`, `m`, `h` or `d`, largest first if several (`1h30m`), or a bare `0`.
package func parseDuration(_ text: String) -> Duration? {
    if text == "0" { return .zero }
    var rest = text[...]
    var milliseconds = 0
    var lastUnit = Int.max
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
        guard let count = takeNumber(&rest) else { return nil }
        let name = rest.prefix { $0.isLetter }
        rest.removeFirst(name.count)
        let units = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let unit = units[String(name)], unit < lastUnit else { return nil }
        lastUnit = unit
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        let (sum, overflowed) = milliseconds.addingReportingOverflow(product)
        guard !overflow, !overflowed else { return nil }
        milliseconds = sum
    }
    return .milliseconds(milliseconds)
}

/// Reads a size in bytes: a whole number, alone or with `KiB`, `MiB`, `GiB`, `TiB` (powers of 1024) or `kB`, `MB`, `GB`,
/// `TB` (powers of 1000).
package func parseByteSize(_ text: String) -> Int? {
    var rest = text[...]
    guard let count = takeNumber(&rest) else { return nil }
    if rest.first == " " { rest.removeFirst() }
    let unit: Int
    switch rest {
    case "", "B": unit = 1
    case "KiB": unit = 1 << 10
    case "MiB": unit = 1 << 20
    case "GiB": unit = 1 << 30
    case "TiB": unit = 1 << 40
    case "kB", "KB": unit = 1000
    case "MB": unit = 1_000_000
    case "GB": unit = 1_000_000_000
    case "TB": unit = 1_000_000_000_000
    default: return nil
    }
    let (product, overflow) = count.multipliedReportingOverflow(by: unit)
    return overflow ? nil : product
}

/// A duration as settings write it: `90s`, `500ms`.
package func formatDuration(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    guard attoseconds == 0 else { return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms" }
    switch seconds {
    case 0: return "0"
    case _ where seconds % 3600 == 0: return "\(seconds / 3600)h"
    case _ where seconds % 60 == 0: return "\(seconds / 60)m"
    default: return "\(seconds)s"
    }
}

/// A size as settings write it: `10MiB`, `1000`.
package func formatByteSize(_ bytes: Int) -> String {
    let units = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
    for (unit, name) in units where bytes >= unit && bytes % unit == 0 { return "\(bytes / unit)\(name)" }
    return String(bytes)
}

private func takeNumber(_ rest: inout Substring) -> Int? {
    let digits = rest.prefix { ("0"..."9").contains($0) }
    rest.removeFirst(digits.count)
    return Int(digits)
}
