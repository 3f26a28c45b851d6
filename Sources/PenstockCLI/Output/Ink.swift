#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Colours of text on a terminal (ECMA-48, SGR). Where output is no terminal, `NO_COLOR` is set or `TERM` is `dumb`, text
/// stays as it is.
enum Ink: String {
    case bold = "1"
    case red = "31"
    case green = "32"
    case yellow = "33"

    static let isOn: Bool = {
        guard isatty(STDOUT_FILENO) == 1 else { return false }
        let values = Environment.values(of: ["NO_COLOR", "TERM"])
        return (values["NO_COLOR"] ?? "").isEmpty && values["TERM"] != "dumb"
    }()

    /// - Parameter text: fit for a terminal already.
    func callAsFunction(_ text: String, isOn: Bool = Self.isOn) -> String {
        isOn ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}
