/// What a document may cost its reader.
package struct YAMLLimits: Sendable {
    /// Sequences and mappings inside one another, aliases followed. 128 by default.
    package var depth: Int
    /// Bytes of the whole text. 16 MiB by default.
    package var bytes: Int
    /// Values in the document, those behind aliases counted each time. 1,000,000 by default.
    package var nodes: Int
    /// Of these, the values that aliases may add. 100,000 by default.
    package var aliasedNodes: Int
    /// Bytes of scalars and keys that aliases may add. 16 MiB by default.
    package var aliasedBytes: Int
    /// Whether a key may stand twice in one mapping: the later value then counts, and the document tells of it. False by
    /// default.
    package var acceptsRepeatedKeys: Bool
    /// Whether half of a surrogate pair in a JSON document becomes U+FFFD. False by default.
    package var repairsText: Bool

    /// The limits that the properties name.
    package static let `default` = YAMLLimits()

    /// Limits that differ from the defaults where given.
    package init(
        depth: Int = 128, bytes: Int = 16 << 20, nodes: Int = 1_000_000, aliasedNodes: Int = 100_000,
        aliasedBytes: Int = 16 << 20, acceptsRepeatedKeys: Bool = false, repairsText: Bool = false
    ) {
        self.depth = depth
        self.bytes = bytes
        self.nodes = nodes
        self.aliasedNodes = aliasedNodes
        self.aliasedBytes = aliasedBytes
        self.acceptsRepeatedKeys = acceptsRepeatedKeys
        self.repairsText = repairsText
    }
}
