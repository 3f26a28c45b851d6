import Value

/// A compiled schema as flat tables; a `Machine` walks them.
final class Program: Sendable {
    let tables: Tables
    let limits: Schema.Limits
    /// Whether validations must keep the dynamic scope.
    let isDynamic: Bool
    private let scratch: MatchScratch?

    init(tables: Tables, limits: Schema.Limits) {
        self.tables = tables
        self.limits = limits
        isDynamic = !tables.anchors.isEmpty
        scratch = tables.patterns.isEmpty ? nil : MatchScratch()
    }

    func admits(_ value: JSON, direction: Schema.Direction) -> Bool {
        withMachine(direction: direction, limit: 0) { machine in
            machine.evaluate(0, value, .none) && !machine.isExhausted
        }
    }

    func run(_ value: JSON, direction: Schema.Direction, limit: Int) -> [Violation] {
        withMachine(direction: direction, limit: limit) { machine in
            if machine.evaluate(0, value, .none), !machine.isExhausted { return [] }
            return machine.report()
        }
    }

    private func withMachine<Result>(
        direction: Schema.Direction, limit: Int, _ body: (inout Machine) -> Result
    ) -> Result {
        tables.nodes.withUnsafeBufferPointer { nodes in
            tables.objects.withUnsafeBufferPointer { objects in
                var machine = Machine(
                    nodes: nodes, objects: objects, program: self, direction: direction, limit: limit)
                if isDynamic { machine.scope.append(nodes[0].resource) }
                if let scratch {
                    machine.matchData = scratch.take()
                }
                defer {
                    if let scratch { scratch.give(machine.matchData) }
                }
                return body(&machine)
            }
        }
    }
}

/// The parts of a compiled schema, by kind. The schema itself is the first node.
struct Tables: Sendable {
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
    var strings: [StringRules] = []
    var arrays: [ArrayRules] = []
    var objects: [ObjectRules] = []
    var names: [NameTable] = []
    /// What is known of the names in each table, one table behind the other.
    var properties: [Property] = []
    var patternRules: [PatternRule] = []
    var patterns: [Pattern] = []
    var dependents: [Dependent] = []
    var discriminators: [Discriminator] = []
    var anchors: [Anchor] = []
}
