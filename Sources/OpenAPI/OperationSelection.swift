/// Which operations of a document are wanted. An empty set says nothing; what is excluded is out, whatever includes it.
package struct OperationSelection: Sendable {
    /// Kinds of operations: one matches whose every non-empty property matches.
    package struct Filter: Sendable {
        package var tags: Set<String> = []
        /// Patterns in which `*` stands for any text without a slash, and `**` for any text.
        package var paths: [String] = []
        /// In any case.
        package var methods: Set<String> = []
        package var operationIDs: Set<String> = []

        package init(
            tags: Set<String> = [], paths: [String] = [], methods: Set<String> = [], operationIDs: Set<String> = []
        ) {
            self.tags = tags
            self.paths = paths
            self.methods = methods
            self.operationIDs = operationIDs
        }

        fileprivate var isEmpty: Bool { tags.isEmpty && paths.isEmpty && methods.isEmpty && operationIDs.isEmpty }
    }

    /// What is wanted; everything where it is empty.
    package var include: Filter
    /// What is not wanted: an operation that any of its properties names.
    package var exclude: Filter
    /// Whether deprecated operations are wanted. True by default.
    package var includesDeprecated: Bool

    package init(include: Filter = Filter(), exclude: Filter = Filter(), includesDeprecated: Bool = true) {
        self.include = include
        self.exclude = exclude
        self.includesDeprecated = includesDeprecated
    }

    func contains(method: String, path: String, id: String?, tags: [String], isDeprecated: Bool) -> Bool {
        if isDeprecated, !includesDeprecated { return false }
        let isExcluded =
            !exclude.tags.isDisjoint(with: tags) || exclude.paths.contains { Glob.matches($0, path) }
            || exclude.methods.contains { $0.uppercased() == method } || id.map(exclude.operationIDs.contains) ?? false
        if isExcluded { return false }
        if include.isEmpty { return true }
        return (include.tags.isEmpty || !include.tags.isDisjoint(with: tags))
            && (include.paths.isEmpty || include.paths.contains { Glob.matches($0, path) })
            && (include.methods.isEmpty || include.methods.contains { $0.uppercased() == method })
            && (include.operationIDs.isEmpty || id.map(include.operationIDs.contains) ?? false)
    }
}

/// Patterns of paths.
enum Glob {
    /// Whether `text` is what `pattern` says, in time proportional to the product of their lengths.
    static func matches(_ pattern: String, _ text: String) -> Bool {
        let text = Array(text.utf8)
        /// Whether the pattern so far matches the first n bytes.
        var reached = Array(repeating: false, count: text.count + 1)
        reached[0] = true
        var rest = Array(pattern.utf8.prefix(1024))[...]
        while let byte = rest.popFirst() {
            var next = Array(repeating: false, count: text.count + 1)
            if byte == UInt8(ascii: "*") {
                let crossesSlashes = rest.first == UInt8(ascii: "*")
                if crossesSlashes { rest.removeFirst() }
                for index in next.indices {
                    let grows = index > 0 && next[index - 1] && (crossesSlashes || text[index - 1] != UInt8(ascii: "/"))
                    next[index] = reached[index] || grows
                }
            } else {
                for index in text.indices where text[index] == byte { next[index + 1] = reached[index] }
            }
            reached = next
        }
        return reached[text.count]
    }
}
