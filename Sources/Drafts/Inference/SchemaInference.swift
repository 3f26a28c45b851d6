package import Value

/// A JSON Schema (2020-12) made from samples. Samples are looked at one after another and not kept; the schema holds
/// nothing of them but the names of properties, and of those only what looks like a name.
///
/// All samples follow the schema. Objects stay open, and what was seen in each object of a place is required there.
package struct SchemaInference: Sendable {
    /// How much is remembered, whatever comes.
    package struct Limits: Sendable {
        /// Arrays and objects inside one another; what is deeper may be anything. 24 by default.
        package var depth: Int
        /// Places in the values, of all samples together; what comes beyond may be anything. 4,096 by default.
        package var places: Int

        package init(depth: Int = 24, places: Int = 4096) {
            self.depth = depth
            self.places = places
        }

        /// The limits that the properties name.
        package static let defaults = Limits()
    }

    private var root = ValueShape()
    private var budget: ValueShape.Budget
    /// How many samples there were.
    package private(set) var count = 0

    /// Nothing seen yet.
    package init(limits: Limits = .defaults) {
        budget = ValueShape.Budget(shapes: limits.places, depth: limits.depth)
    }

    /// Looks at one more sample.
    package mutating func add(_ sample: JSON) {
        count += 1
        root.add(sample, at: 0, &budget)
    }

    /// Adds what another inference, of the same limits, has seen.
    package mutating func merge(_ other: SchemaInference) {
        count += other.count
        root.merge(other.root, at: 0, wasSpent: other.budget.isSpent, &budget)
        // What the other one left out must not begin here as if it were new.
        if other.budget.isSpent { budget.spend() }
    }

    /// The schema that all samples follow; `{}` where there were none.
    package var schema: JSON { schema(requiredFrom: 1) }

    /// The schema, in which a property is required only where at least `least` objects were seen, all with it: one
    /// example shows what may be sent, not what must.
    package func schema(requiredFrom least: Int) -> JSON {
        root.schema(ValueShape.Telling(isSpent: budget.isSpent, requiredFrom: least))
    }

    /// The same, for ``SchemaWidening``: where nothing but null was seen, it says so. Too narrow to be anybody's
    /// schema.
    package var observation: JSON { root.schema(ValueShape.Telling(isSpent: budget.isSpent, saysNull: true)) }
}
