import Value

extension Compiler {
    /// Reads a schema's keywords into its node.
    mutating func compile(_ reader: KeywordReader, _ empty: Node) -> Node {
        var node = empty
        if options.refusesUnknownKeywords {
            for key in reader.object.keys where !Keyword.known.contains(key) && !key.hasPrefix("x-") {
                report(reader.place(key), "the keyword \(key.quotedForMessage) is not known")
            }
        }
        // Before draft 2019-09, on which OpenAPI's dialects are modelled, nothing beside a reference counts.
        if dialect != .draft2020, reader.object["$ref"] != nil {
            node.steps = append(steps: [reference(reader)].compactMap(\.self))
            return node
        }
        node.types = types(reader)
        node.admitsNull = admitsNull(reader)
        if node.admitsNull { node.types.insert(.null) }
        node.values = values(reader)
        node.numbers = numbers(reader)
        node.strings = strings(reader)
        node.arrays = arrays(reader)
        node.objects = objects(reader)
        node.steps = append(steps: steps(reader))
        node.unevaluatedItems = schema(reader, "unevaluatedItems")
        node.unevaluatedProperties = schema(reader, "unevaluatedProperties")
        node.isLeaf = node.steps.isEmpty && node.hasNoRules
        return node
    }

    private mutating func append(steps: [Step]) -> Run32 {
        let run = Run32(start: Index(tables.steps.count), count: Index(steps.count))
        tables.steps += steps
        return run
    }

    private mutating func types(_ reader: KeywordReader) -> TypeSet {
        guard let value = reader.value("type", dialect) else { return .all }
        // Parameters and bodies of OpenAPI 2.0 may be files, which are no JSON at all.
        if dialect == .swagger20, value == "file" { return .all }
        var types: TypeSet = []
        for name in dialect == .draft2020 ? value.array ?? [value] : [value] {
            guard let known = TypeSet.names.first(where: { JSON.string($0.name) == name })?.types else {
                report(reader.place("type"), "the type is not one of those that JSON Schema knows")
                return .all
            }
            types.formUnion(known)
        }
        return types
    }

    private mutating func admitsNull(_ reader: KeywordReader) -> Bool {
        switch dialect {
        case .draft2020: false
        case .openAPI30: flag(reader, "nullable")
        case .swagger20: reader.object["x-nullable"]?.bool ?? false
        }
    }

    private mutating func values(_ reader: KeywordReader) -> Index {
        let constant = reader.value("const", dialect)
        var allowed = read(reader, "enum", "an array") { $0.array }
        if let constant { allowed = allowed.map { $0.filter { $0 == constant } } ?? [constant] }
        guard let allowed else { return -1 }
        let strings = Self.names(.array(allowed))
        tables.values.append(
            ValueRules(
                isConstant: constant != nil, allowed: allowed, names: strings.map { NameTable($0, in: &tables) },
                weight: allowed.reduce(1) { $0 + $1.weight }))
        return Index(tables.values.count - 1)
    }

    private mutating func numbers(_ reader: KeywordReader) -> Index {
        var rules = NumberRules()
        var isEmpty = true
        if let number = number(reader, "minimum") {
            rules.minimum = bound(number)
            isEmpty = false
        }
        if let number = number(reader, "maximum") {
            rules.maximum = bound(number)
            isEmpty = false
        }
        if let bound = exclusive(reader, "exclusiveMinimum", &rules.minimum) {
            rules.exclusiveMinimum = bound
            isEmpty = false
        }
        if let bound = exclusive(reader, "exclusiveMaximum", &rules.maximum) {
            rules.exclusiveMaximum = bound
            isEmpty = false
        }
        let digits = "a number above zero of at most \(Divisor.maximumDigits) digits"
        if let divisor = read(reader, "multipleOf", digits, { $0.number.flatMap { Divisor($0) } }) {
            rules.divisor = divisor
            rules.divisorFigure = figure(reader.object["multipleOf"]?.number)
            isEmpty = false
        }
        if dialect != .draft2020, options.assertsFormat, let name = reader.object["format"]?.string {
            rules.format = NumberFormat(rawValue: name)
            if rules.format != nil { isEmpty = false }
        }
        guard !isEmpty else { return -1 }
        tables.numbers.append(rules)
        return Index(tables.numbers.count - 1)
    }

    private mutating func figure(_ number: JSONNumber?) -> Index {
        guard let number else { return -1 }
        tables.figures.append(number)
        return Index(tables.figures.count - 1)
    }

    private mutating func bound(_ number: JSONNumber) -> NumberRules.Bound {
        NumberRules.Bound(figure: figure(number), short: ShortDecimal(number))
    }

    /// A bound of its own or, in OpenAPI's dialects, a flag that sharpens the other bound.
    private mutating func exclusive(
        _ reader: KeywordReader, _ keyword: String, _ bound: inout NumberRules.Bound?
    ) -> NumberRules.Bound? {
        if dialect != .draft2020, let isExclusive = reader.object[keyword]?.bool {
            guard isExclusive else { return nil }
            defer { bound = nil }
            return bound
        }
        guard let number = number(reader, keyword) else { return nil }
        return self.bound(number)
    }

    private mutating func strings(_ reader: KeywordReader) -> Index {
        var rules = StringRules()
        let minimum = count(reader, "minLength")
        let maximum = count(reader, "maxLength")
        let pattern = read(reader, "pattern", "a string") { $0.string }
        rules.minimum = minimum ?? 0
        rules.maximum = maximum ?? .max
        if let pattern { rules.pattern = self.pattern(pattern, at: reader.place("pattern")) }
        let format = read(reader, "format", "a string") { $0.string }
        if options.assertsFormat || reader.vocabularies.contains(.formatAssertion), let format {
            rules.format = StringFormat(rawValue: format)
        }
        guard minimum != nil || maximum != nil || pattern != nil || rules.format != nil else { return -1 }
        tables.strings.append(rules)
        return Index(tables.strings.count - 1)
    }

    private mutating func arrays(_ reader: KeywordReader) -> Index {
        var rules = ArrayRules()
        let minimum = count(reader, "minItems")
        let maximum = count(reader, "maxItems")
        rules.minimum = minimum ?? 0
        rules.maximum = maximum ?? .max
        rules.isUnique = flag(reader, "uniqueItems")
        rules.prefix = schemas(reader, "prefixItems") ?? Run32()
        if dialect == .draft2020, reader.object["items"]?.array != nil {
            report(
                reader.place("items"),
                "items is one schema, for all elements: write a list of schemas as prefixItems, and additionalItems as items"
            )
        } else {
            rules.items = schema(reader, "items")
        }
        rules.contains = schema(reader, "contains")
        rules.minimumContains = count(reader, "minContains") ?? 1
        rules.maximumContains = count(reader, "maxContains") ?? .max
        guard minimum != nil || maximum != nil || rules.isUnique || rules.visitsElements else { return -1 }
        tables.arrays.append(rules)
        return Index(tables.arrays.count - 1)
    }
}
