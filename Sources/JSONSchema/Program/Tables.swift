import Value

/// The parts of a compiled schema, by kind, while it is being compiled. The schema itself is the first node.
struct Tables {
    /// The schemas of a dynamic anchor, by the resource that has them.
    struct Anchor {
        let name: String
        var targets: [(resource: Index, node: Index)] = []
    }

    /// Where a node stood, for messages.
    struct Place {
        let document: String
        let pointer: JSONPointer
    }

    var nodes: [Node] = []
    var places: [Place] = []
    var steps: [Step] = []
    /// Runs of nodes: the branches of `allOf` and its like, and the elements of `prefixItems`.
    var branches: [Index] = []
    var values: [ValueRules] = []
    var numbers: [NumberRules] = []
    /// The bounds and divisors of numbers, as written.
    var figures: [JSONNumber] = []
    var strings: [StringRules] = []
    var arrays: [ArrayRules] = []
    var objects: [ObjectRules] = []
    /// What is known of the names in objects' tables, one table behind the other.
    var properties: [Property] = []
    var slots: [NameTable.Slot] = []
    var nameBytes: [UInt8] = []
    var names: [String] = []
    var patternRules: [PatternRule] = []
    var patterns: [Pattern] = []
    var dependents: [Dependent] = []
    var discriminators: [Discriminator] = []
    var anchors: [Anchor] = []
}

/// The tables of a program as plain memory, which a validation reads without counting references. Valid while the
/// program is.
struct Rows {
    let nodes: UnsafePointer<Node>
    let places: UnsafePointer<Tables.Place>
    let steps: UnsafePointer<Step>
    let branches: UnsafePointer<Index>
    let values: UnsafePointer<ValueRules>
    let numbers: UnsafePointer<NumberRules>
    let figures: UnsafePointer<JSONNumber>
    let strings: UnsafePointer<StringRules>
    let arrays: UnsafePointer<ArrayRules>
    let objects: UnsafePointer<ObjectRules>
    let properties: UnsafePointer<Property>
    let slots: UnsafePointer<NameTable.Slot>
    let nameBytes: UnsafePointer<UInt8>
    let names: UnsafePointer<String>
    let patternRules: UnsafePointer<PatternRule>
    let patterns: UnsafePointer<Pattern>
    let matchers: UnsafePointer<Pattern.Matcher>
    let dependents: UnsafePointer<Dependent>
    let discriminators: UnsafePointer<Discriminator>
    let anchors: UnsafePointer<Tables.Anchor>
}

/// One table, moved to a place of its own where it stays until the program goes.
///
/// A class, since the optimiser of Swift 6.3 may leave out the `deinit` of a generic non-copyable struct.
final class Table<Row> {
    private let buffer: UnsafeMutableBufferPointer<Row>

    init(_ rows: [Row]) {
        buffer = .allocate(capacity: max(rows.count, 1))
        _ = buffer.initialize(from: rows)
        count = rows.count
    }

    deinit {
        buffer.extracting(..<count).deinitialize()
        buffer.deallocate()
    }

    let count: Int

    /// The first row.
    var rows: UnsafePointer<Row> {
        guard let start = buffer.baseAddress else { preconditionFailure("a table has room for at least one row") }
        return UnsafePointer(start)
    }
}
