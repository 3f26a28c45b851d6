import Value

/// A composed value with what it takes to use it again behind an alias.
struct Node {
    var value: JSON
    var positions: PositionTree
    /// The text of a scalar as written, for use as a key.
    var text: String?
    /// A plain `<<`, which as a key merges.
    var isMergeKey = false
    /// Values in it, itself included.
    var nodes = 1
    /// Bytes of its scalars and keys.
    var bytes = 0
    /// Levels in it: 0 for a scalar.
    var height = 0
}
