import Value

/// `enum` and `const`.
struct ValueRules {
    var isConstant = false
    var allowed: [JSON]
    /// The place of each allowed string, when all of them are strings.
    var names: NameTable?
    /// What comparing with all of them may cost.
    var weight: Int
}

/// What numbers must be.
struct NumberRules {
    struct Bound {
        /// The number among the program's figures.
        let figure: Index
        /// The number again, when it is short enough for quick arithmetic.
        let short: ShortDecimal?
    }

    var minimum: Bound?
    var maximum: Bound?
    /// Independent of the others in draft 2020-12, so all four are kept.
    var exclusiveMinimum: Bound?
    var exclusiveMaximum: Bound?
    var divisor: Divisor?
    /// The divisor among the program's figures.
    var divisorFigure: Index = -1
    var format: NumberFormat?
}

/// What strings must be.
struct StringRules {
    var minimum = 0
    var maximum = Int.max
    var pattern: Index = -1
    var format: StringFormat?
}

/// What arrays must be.
struct ArrayRules {
    var minimum = 0
    var maximum = Int.max
    var isUnique = false
    var prefix = Run32()
    var items: Index = -1
    var contains: Index = -1
    var minimumContains = 1
    var maximumContains = Int.max

    var visitsElements: Bool { items >= 0 || !prefix.isEmpty || contains >= 0 }
}

/// What objects must be.
struct ObjectRules {
    var minimum = 0
    var maximum = Int.max
    /// Names that `properties` or `required` mention.
    var table: NameTable?
    /// Where what is known of them begins, in the order of the table.
    var firstProperty: Index = 0
    /// How many of them are required, by direction.
    var required = Directed(either: 0, request: 0, response: 0)
    var patterns = Run32()
    var additional: Index = -1
    var names: Index = -1
    var dependents = Run32()

    var visitsMembers: Bool { table != nil || !patterns.isEmpty || additional >= 0 || names >= 0 }
}

/// One figure for each direction.
struct Directed {
    var either: Int
    var request: Int
    var response: Int

    subscript(direction: Schema.Direction) -> Int {
        switch direction {
        case .either: either
        case .request: request
        case .response: response
        }
    }
}

/// What is known of a name: its schema, and whether it must or must not be there.
struct Property {
    var bits = NameBits.none
    var schema: Index = -1
    var isRequired = false
    var isReadOnly = false
    var isWriteOnly = false

    @inline(__always)
    func isForbidden(_ direction: Schema.Direction) -> Bool {
        switch direction {
        case .either: false
        case .request: isReadOnly
        case .response: isWriteOnly
        }
    }

    @inline(__always)
    func isRequired(_ direction: Schema.Direction) -> Bool {
        isRequired && !isForbidden(direction)
    }
}

/// The schema for names that match a pattern.
struct PatternRule {
    var pattern: Index
    var schema: Index
}

/// What the presence of `name` demands.
struct Dependent {
    var keyword: String
    var name: String
    var required: [String] = []
    var schema: Index = -1
}

/// `discriminator` (OpenAPI 3.0): the branch that a property's value names.
struct Discriminator {
    var property: String
    var names: NameTable
    /// By place in `names`.
    var branches: [Index]
    /// What applies when the property is not there.
    var otherwise: Step
}
