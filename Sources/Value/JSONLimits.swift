/// What a document may cost its reader.
package struct JSONLimits: Sendable {
    /// Arrays and objects inside one another. 128 by default.
    package var depth: Int
    /// Bytes of the whole text. 64 MiB by default.
    package var bytes: Int
    /// Values in the document, containers included. 1,000,000 by default.
    package var nodes: Int
    /// Bytes of one string or key as written. 16 MiB by default.
    package var stringBytes: Int
    /// Bytes of one number as written. 1,024 by default.
    package var numberBytes: Int
    /// Whether a key may stand twice in one object: the later value then counts, and the document tells of it. False by
    /// default.
    package var acceptsRepeatedKeys: Bool
    /// Whether a byte order mark is skipped, and half of a surrogate pair becomes U+FFFD. False by default.
    package var repairsText: Bool

    /// The limits that the properties name.
    package static let `default` = JSONLimits()
    /// For what others wrote and nobody here can mend, such as an API's answer: of repeated keys the last counts, a byte
    /// order mark is skipped, half of a surrogate pair becomes U+FFFD (RFC 8259, sections 4, 8.1 and 8.2).
    package static let lenient = JSONLimits(acceptsRepeatedKeys: true, repairsText: true)

    /// Limits that differ from the defaults where given.
    package init(
        depth: Int = 128, bytes: Int = 64 << 20, nodes: Int = 1_000_000, stringBytes: Int = 16 << 20,
        numberBytes: Int = 1024, acceptsRepeatedKeys: Bool = false, repairsText: Bool = false
    ) {
        self.depth = depth
        self.bytes = bytes
        self.nodes = nodes
        self.stringBytes = stringBytes
        self.numberBytes = numberBytes
        self.acceptsRepeatedKeys = acceptsRepeatedKeys
        self.repairsText = repairsText
    }
}
