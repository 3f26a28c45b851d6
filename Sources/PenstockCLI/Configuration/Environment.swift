#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The variables of the process's environment that the command reads.
struct Environment: Sendable {
    private let values: [String: String]

    init(_ values: [String: String]) {
        self.values = values
    }

    /// The process's own, read once.
    static func current() -> Environment {
        let names =
            ["HOME", "XDG_CONFIG_HOME", "PENSTOCK_CONFIG", "PENSTOCK_CONTEXT", "PENSTOCK_TOKEN"]
            + ClientSettings.variables
        return Environment(values(of: names))
    }

    /// Those of `names` that are set.
    static func values(of names: [String]) -> [String: String] {
        var values: [String: String] = [:]
        for name in names {
            if let value = getenv(name) { values[name] = String(cString: value) }
        }
        return values
    }

    /// The value; an empty one counts as not set.
    subscript(_ name: String) -> String? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }

    var all: [String: String] { values }

    /// Without some variables.
    func without(_ names: [String]) -> Environment {
        Environment(values.filter { !names.contains($0.key) })
    }
}
