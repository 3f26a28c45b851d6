import Value

/// A compiled schema as flat tables; a `Machine` walks them.
final class Program: @unchecked Sendable {
    // Unchecked, since the tables are plain memory; nothing writes to them once they are made.

    private let nodes: Table<Node>
    private let places: Table<Tables.Place>
    private let steps: Table<Step>
    private let branches: Table<Index>
    private let values: Table<ValueRules>
    private let numbers: Table<NumberRules>
    private let figures: Table<JSONNumber>
    private let strings: Table<StringRules>
    private let arrays: Table<ArrayRules>
    private let objects: Table<ObjectRules>
    private let properties: Table<Property>
    private let slots: Table<NameTable.Slot>
    private let nameBytes: Table<UInt8>
    private let names: Table<String>
    private let patternRules: Table<PatternRule>
    private let patterns: Table<Pattern>
    private let matchers: Table<Pattern.Matcher>
    private let dependents: Table<Dependent>
    private let discriminators: Table<Discriminator>
    private let anchors: Table<Tables.Anchor>
    private let limits: Schema.Limits
    private let scratch: MatchScratch?

    init(_ tables: Tables, limits: Schema.Limits) {
        nodes = Table(tables.nodes)
        places = Table(tables.places)
        steps = Table(tables.steps)
        branches = Table(tables.branches)
        values = Table(tables.values)
        numbers = Table(tables.numbers)
        figures = Table(tables.figures)
        strings = Table(tables.strings)
        arrays = Table(tables.arrays)
        objects = Table(tables.objects)
        properties = Table(tables.properties)
        slots = Table(tables.slots)
        nameBytes = Table(tables.nameBytes)
        names = Table(tables.names)
        patternRules = Table(tables.patternRules)
        patterns = Table(tables.patterns)
        matchers = Table(tables.patterns.map(\.matcher))
        dependents = Table(tables.dependents)
        discriminators = Table(tables.discriminators)
        anchors = Table(tables.anchors)
        self.limits = limits
        scratch = tables.patterns.isEmpty ? nil : MatchScratch()
    }

    func admits(_ value: JSON, direction: Schema.Direction) -> Bool {
        withMachine(direction: direction, tolerance: [], limit: 0) { machine in
            machine.evaluate(0, value, .none) && !machine.isExhausted
        }
    }

    func violations(
        of value: JSON, direction: Schema.Direction, tolerance: Schema.Tolerance, limit: Int
    ) -> [Violation] {
        withMachine(direction: direction, tolerance: tolerance, limit: limit) { machine in
            if machine.evaluate(0, value, .none), !machine.isExhausted { return [] }
            return machine.report()
        }
    }

    private func withMachine<Result>(
        direction: Schema.Direction, tolerance: Schema.Tolerance, limit: Int, _ body: (inout Machine) -> Result
    ) -> Result {
        withExtendedLifetime(self) {
            var machine = Machine(
                rows: rows, limits: limits, isDynamic: anchors.count > 0, direction: direction,
                tolerance: tolerance, limit: limit, matchData: scratch?.take())
            defer { scratch?.give(machine.matchData) }
            return body(&machine)
        }
    }

    private var rows: Rows {
        Rows(
            nodes: nodes.rows, places: places.rows, steps: steps.rows, branches: branches.rows, values: values.rows,
            numbers: numbers.rows, figures: figures.rows, strings: strings.rows, arrays: arrays.rows,
            objects: objects.rows, properties: properties.rows, slots: slots.rows, nameBytes: nameBytes.rows,
            names: names.rows, patternRules: patternRules.rows, patterns: patterns.rows,
            matchers: matchers.rows, dependents: dependents.rows,
            discriminators: discriminators.rows, anchors: anchors.rows)
    }
}
