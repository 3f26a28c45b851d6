import Value

extension Compiler {
    mutating func objects(_ reader: KeywordReader) -> Index {
        var rules = ObjectRules()
        let minimum = count(reader, "minProperties")
        let maximum = count(reader, "maxProperties")
        rules.minimum = minimum ?? 0
        rules.maximum = maximum ?? .max
        addProperties(reader, to: &rules)
        addPatterns(reader, to: &rules)
        rules.additional = schema(reader, "additionalProperties")
        rules.names = schema(reader, "propertyNames")
        addDependents(reader, to: &rules)
        guard minimum != nil || maximum != nil || rules.visitsMembers || !rules.dependents.isEmpty else { return -1 }
        tables.objects.append(rules)
        return Index(tables.objects.count - 1)
    }

    /// `properties` and `required`, in one table of names.
    private mutating func addProperties(_ reader: KeywordReader, to rules: inout ObjectRules) {
        let keyword = "properties"
        let schemas = read(reader, keyword, "an object of schemas") { $0.object } ?? [:]
        var names: [String] = []
        var properties: [Property] = []
        for (name, schema) in schemas {
            let location = reader.place(keyword).appending(name)
            names.append(name)
            properties.append(
                Property(
                    bits: .known(name), schema: node(schema, at: location, inside: reader),
                    isReadOnly: has("readOnly", schema, location),
                    isWriteOnly: dialect != .swagger20 && has("writeOnly", schema, location)))
        }
        for name in self.names(reader, "required") ?? [] {
            if let place = schemas.offset(of: name) {
                properties[place].isRequired = true
            } else {
                names.append(name)
                properties.append(Property(bits: .known(name), isRequired: true))
            }
        }
        guard !names.isEmpty else { return }
        rules.firstProperty = Index(tables.properties.count)
        rules.required = Directed(
            either: properties.count { $0.isRequired(.either) }, request: properties.count { $0.isRequired(.request) },
            response: properties.count { $0.isRequired(.response) })
        rules.table = NameTable(names, in: &tables)
        tables.properties += properties
    }

    /// Whether a property's schema, or the one it refers to, has a flag.
    private mutating func has(_ flag: String, _ schema: JSON, _ location: Location) -> Bool {
        var schema = schema
        var location = location
        for _ in 0..<8 {
            if schema[flag]?.bool == true { return true }
            guard let reference = schema["$ref"]?.string, let target = resolve(reference, from: location),
                let next = value(at: target.location)
            else { return false }
            (schema, location) = (next, target.location)
        }
        return false
    }

    private mutating func addPatterns(_ reader: KeywordReader, to rules: inout ObjectRules) {
        let keyword = "patternProperties"
        let schemas = read(reader, keyword, "an object of schemas") { $0.object } ?? [:]
        var found: [PatternRule] = []
        for (text, schema) in schemas {
            let location = reader.place(keyword).appending(text)
            found.append(
                PatternRule(
                    pattern: pattern(text, at: location), schema: node(schema, at: location, inside: reader)))
        }
        rules.patterns = Run32(start: Index(tables.patternRules.count), count: Index(found.count))
        tables.patternRules += found
    }

    /// `dependentRequired`, `dependentSchemas` and the older `dependencies`, which was both.
    private mutating func addDependents(_ reader: KeywordReader, to rules: inout ObjectRules) {
        var dependents: [Dependent] = []
        for keyword in ["dependentRequired", "dependentSchemas", "dependencies"] {
            for (name, value) in read(reader, keyword, "an object", { $0.object }) ?? [:] {
                let location = reader.place(keyword).appending(name)
                var dependent = Dependent(keyword: keyword, name: name)
                if keyword != "dependentSchemas", let names = Self.names(value) {
                    dependent.required = names
                } else if keyword == "dependentRequired" {
                    report(location, "the names that a property depends on must be an array of strings")
                } else {
                    dependent.schema = node(value, at: location, inside: reader)
                }
                dependents.append(dependent)
            }
        }
        rules.dependents = Run32(start: Index(tables.dependents.count), count: Index(dependents.count))
        tables.dependents += dependents
    }
}
