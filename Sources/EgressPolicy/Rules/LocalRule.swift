/// One entry of a connector's `allow:` list, as it is written.
package struct LocalRule: Sendable, Hashable {
    /// See ``OriginPattern``.
    package var origin: String
    /// Upper or lower case. Nil and `*` stand for every method but those that are never sent
    /// (``Methods/isRefused(_:)``).
    package var methods: [String]?
    /// See ``PathPattern``. Nil for every path.
    package var paths: [String]?
    /// Whether `%2F` and `%5C` may stand in a path, where the call asks for it too (S6).
    package var encodedSlashes: EncodedSlashes

    package init(
        origin: String, methods: [String]? = nil, paths: [String]? = nil, encodedSlashes: EncodedSlashes = .refuse
    ) {
        self.origin = origin
        self.methods = methods
        self.paths = paths
        self.encodedSlashes = encodedSlashes
    }
}

/// A ``LocalRule`` ready to judge with.
struct CompiledRule: Sendable {
    let origin: OriginPattern
    /// Nil for every method that is ever sent.
    let methods: [String]?
    /// Nil for every path.
    let paths: [PathPattern]?
    let encodedSlashes: EncodedSlashes

    init(_ rule: LocalRule) throws(RuleError) {
        origin = try OriginPattern(rule.origin)
        encodedSlashes = rule.encodedSlashes
        if let methods = rule.methods {
            guard !methods.isEmpty else {
                throw RuleError(rule.origin, "allows no method: list some, or leave the key out to allow all")
            }
            for method in methods {
                guard HeaderRules.isValidMethod(method) else {
                    throw RuleError(method, "in the rule for \(rule.origin) is not a method such as GET")
                }
                guard !Methods.isRefused(method) else {
                    throw RuleError(method, "in the rule for \(rule.origin) is a method that is never sent")
                }
            }
            self.methods = methods.contains("*") ? nil : methods.map { $0.uppercased() }
        } else {
            methods = nil
        }
        if let paths = rule.paths {
            guard !paths.isEmpty else {
                throw RuleError(rule.origin, "allows no path: list some, or leave the key out to allow all")
            }
            var compiled: [PathPattern] = []
            for path in paths { compiled.append(try PathPattern(path)) }
            self.paths = compiled
        } else {
            paths = nil
        }
    }

    func allows(method: String) -> Bool {
        guard let methods else { return !Methods.isRefused(method) }
        // A HEAD asks for nothing that a GET does not show (RFC 9110, section 9.3.2).
        return methods.contains(method) || method == "HEAD" && methods.contains("GET")
    }

    func allows(path: Substring) -> Bool {
        guard let paths else { return true }
        return withBytes(of: path) { bytes in paths.contains { $0.matches(bytes) } }
    }
}
