/// The types of JSON values, `integer` apart.
struct TypeSet: OptionSet, Hashable {
    let rawValue: UInt8

    static let null = TypeSet(rawValue: 1)
    static let boolean = TypeSet(rawValue: 2)
    static let integer = TypeSet(rawValue: 4)
    /// Numbers that are not whole; both bits together are JSON Schema's `number`.
    static let fraction = TypeSet(rawValue: 8)
    static let string = TypeSet(rawValue: 16)
    static let array = TypeSet(rawValue: 32)
    static let object = TypeSet(rawValue: 64)
    static let number: TypeSet = [.integer, .fraction]
    static let all = TypeSet(rawValue: 127)

    /// The types under the names that `type` knows.
    static let names: [(name: String, types: TypeSet)] = [
        ("null", .null), ("boolean", .boolean), ("integer", .integer), ("number", .number), ("string", .string),
        ("array", .array), ("object", .object),
    ]

    /// The types as a phrase: "a string or null".
    var phrase: String {
        let articles = [
            (TypeSet.string, "a string"), (.number, "a number"), (.integer, "an integer"), (.boolean, "a boolean"),
            (.array, "an array"), (.object, "an object"), (.null, "null"),
        ]
        var rest = self
        var names: [String] = []
        for (types, name) in articles where types.isSubset(of: rest) {
            names.append(name)
            rest.subtract(types)
        }
        guard let last = names.popLast() else { return "nothing" }
        return names.isEmpty ? last : names.joined(separator: ", ") + " or " + last
    }
}

/// The place of a node, rule or name in the program's tables; below zero is none.
typealias Index = Int32

/// A run of neighbours in one of the program's tables.
struct Run32 {
    var start: Index = 0
    var count: Index = 0

    var indices: Range<Int> { Int(start)..<Int(start) + Int(count) }
    var isEmpty: Bool { count == 0 }
}

/// One compiled schema. Its keywords are sorted by the type of value they concern, so that a value only ever meets
/// those that matter to it. Holds indices only: walking the tree counts no references.
struct Node {
    var types = TypeSet.all
    /// The schema `false`.
    var isNever = false
    /// Whether `types` is all there is to it.
    var isLeaf = false
    /// Where the schema leads when it is nothing but a reference within its resource; below zero otherwise.
    var target: Index = -1
    /// `nullable: true`: null passes, whatever else the schema says.
    var admitsNull = false
    /// The schema resource the node belongs to, for the dynamic scope.
    var resource: Index = 0
    /// Rules in the tables of the program.
    var values: Index = -1
    var numbers: Index = -1
    var strings: Index = -1
    var arrays: Index = -1
    var objects: Index = -1
    /// What applies to the value itself.
    var steps = Run32()
    var unevaluatedItems: Index = -1
    var unevaluatedProperties: Index = -1

    /// Whether neither values of one type nor what others have left over is looked at.
    var hasNoRules: Bool {
        [values, numbers, strings, arrays, objects, unevaluatedItems, unevaluatedProperties].allSatisfy { $0 < 0 }
    }

    /// Whether other schemas decide everything.
    var hasStepsOnly: Bool { types == .all && !admitsNull && hasNoRules }
}

/// A schema, or several, that apply to the value itself.
enum Step {
    case reference(Index)
    /// `$dynamicRef`: the anchor's place in the program's table, and where it leads if the dynamic scope has none.
    case dynamic(anchor: Index, fallback: Index)
    case all(Run32)
    case any(Run32)
    /// Where branches are known to overlap, several may match a value on its way to the API.
    case one(Run32, overlaps: Bool)
    case not(Index)
    case condition(if: Index, then: Index, else: Index)
    /// `oneOf` or `anyOf` decided by a property: the place in the program's table.
    case discriminated(Index)
}
