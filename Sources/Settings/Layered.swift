/// Settings that take precedence over those of a file: flags first, then the environment.
///
/// A key inside a mapping is written with dots (`limits.response_bytes`). Its variable is the prefix and the key in
/// capitals, dots as underscores (`PENSTOCK_LIMITS_RESPONSE_BYTES`).
package struct Layered: Sendable {
    /// One setting's text, and the flag or variable it came from.
    package struct Entry: Sendable, Hashable {
        /// The value as given, whatever type it stands for.
        package let text: String
        /// `--connections` or `PENSTOCK_CONNECTIONS`.
        package let source: String
    }

    private let prefix: String
    private var entries: [String: Entry] = [:]
    /// The keys that a variable may set.
    private let settable: Set<String>

    /// The file alone.
    package static let fileOnly = Layered(flags: [], environment: [:], keys: [])

    /// - Parameters:
    ///   - flags: key, flag as typed (`--connections`) and value; nil where the flag was not given.
    ///   - environment: the process's environment. An empty variable counts as not set.
    ///   - keys: the keys that may be set by a variable.
    package init(
        flags: [(key: String, flag: String, text: String?)] = [], environment: [String: String],
        prefix: String = "PENSTOCK_", keys: [String]
    ) {
        self.prefix = prefix
        settable = Set(keys)
        for key in keys {
            let name = Self.variable(key, prefix)
            guard let text = environment[name], !text.isEmpty else { continue }
            entries[key] = Entry(text: text, source: name)
        }
        for flag in flags {
            guard let text = flag.text else { continue }
            entries[flag.key] = Entry(text: text, source: flag.flag)
        }
    }

    /// The flag or variable that sets `key`, if one does.
    package func entry(_ key: String) -> Entry? {
        entries[key]
    }

    /// The variable that could set `key`; nil when none can.
    func variable(_ key: String) -> String? {
        settable.contains(key) ? Self.variable(key, prefix) : nil
    }

    /// Whether a flag or variable sets something inside the mapping `key`.
    func reaches(into key: String) -> Bool {
        entries.keys.contains { $0.hasPrefix(key + ".") }
    }

    private static func variable(_ key: String, _ prefix: String) -> String {
        prefix + key.uppercased().map { $0 == "." || $0 == "-" ? "_" : String($0) }.joined()
    }
}
