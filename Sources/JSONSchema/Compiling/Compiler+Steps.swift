import Value

extension Compiler {
    /// What a reference leads to, and whether it names a dynamic anchor.
    struct Target {
        let location: Location
        var dynamicAnchor: String?
    }

    /// The keywords that apply schemas to the value itself.
    mutating func steps(_ reader: KeywordReader) -> [Step] {
        var steps: [Step] = []
        if let step = reference(reader) { steps.append(step) }
        if let step = dynamicReference(reader) { steps.append(step) }
        if let branches = schemas(reader, "allOf") { steps.append(.all(branches)) }
        if let branches = schemas(reader, "anyOf") {
            steps.append(discriminated(reader, "anyOf", branches, otherwise: .any(branches)))
        }
        if let branches = schemas(reader, "oneOf") {
            let overlaps = reader.object[Keyword.overlaps] == true
            steps.append(discriminated(reader, "oneOf", branches, otherwise: .one(branches, overlaps: overlaps)))
        }
        if reader.value("not", dialect) != nil { steps.append(.not(schema(reader, "not"))) }
        if reader.value("if", dialect) != nil {
            let condition = schema(reader, "if")
            steps.append(.condition(if: condition, then: schema(reader, "then"), else: schema(reader, "else")))
        }
        return steps
    }

    mutating func reference(_ reader: KeywordReader) -> Step? {
        guard let target = target(reader, "$ref") else { return nil }
        return .reference(node(at: target.location))
    }

    private mutating func dynamicReference(_ reader: KeywordReader) -> Step? {
        guard let target = target(reader, "$dynamicRef") else { return nil }
        let node = node(at: target.location)
        guard let name = target.dynamicAnchor else { return .reference(node) }
        return .dynamic(anchor: anchor(name), fallback: node)
    }

    private mutating func target(_ reader: KeywordReader, _ keyword: String) -> Target? {
        guard let value = keyword == "$ref" ? reader.object[keyword] : reader.value(keyword, dialect) else {
            return nil
        }
        guard let text = value.string else {
            report(reader.place(keyword), "\(keyword) must be a string, not \(value.typeName)")
            return nil
        }
        guard let target = resolve(text, from: reader.location), self.value(at: target.location) != nil else {
            report(reader.place(keyword), "\(text.quotedForMessage) leads nowhere")
            return nil
        }
        return target
    }

    /// Where a reference that stands at `location` leads (core, section 8.2.3); the place need not exist.
    mutating func resolve(_ text: String, from location: Location) -> Target? {
        let uri = URIReference(text).resolved(against: library.resources[library.resource(around: location)].uri)
        guard let index = library.resource(uri.resource) else { return nil }
        let resource = library.resources[index]
        guard let fragment = (uri.fragment ?? "").percentDecoded else { return nil }
        if let pointer = JSONPointer(text: fragment) {
            let tokens = resource.location.pointer.tokens + pointer.tokens
            return Target(location: Location(document: resource.location.document, pointer: JSONPointer(tokens)))
        }
        let isDynamic = resource.dynamicAnchors[fragment] != nil
        guard let pointer = resource.anchors[fragment] ?? resource.dynamicAnchors[fragment] else { return nil }
        return Target(
            location: Location(document: resource.location.document, pointer: pointer),
            dynamicAnchor: isDynamic ? fragment : nil)
    }

    /// `discriminator` (OpenAPI 3.0.4, section 4.7.25; 3.1.1, section 4.8.25), where the branches are all known by name.
    ///
    /// JSON Schema itself has no such keyword, so that in its own dialect what is wrong with one is no fault.
    private mutating func discriminated(
        _ reader: KeywordReader, _ keyword: String, _ branches: Run32, otherwise: Step
    ) -> Step {
        guard dialect != .swagger20, let object = reader.value("discriminator", dialect)?.object else {
            return otherwise
        }
        guard let property = object["propertyName"]?.string else {
            if dialect == .openAPI30 { report(reader.place("discriminator"), "propertyName must be a string") }
            return otherwise
        }
        var names: [String: Index] = [:]
        for branch in reader.object[keyword]?.array ?? [] {
            guard let reference = branch["$ref"]?.string, let target = resolve(reference, from: reader.location),
                let name = target.location.pointer.tokens.last
            else { return otherwise }
            names[name] = node(at: target.location)
        }
        for (name, value) in object["mapping"]?.object ?? [:] {
            let location = reader.place("discriminator").appending("mapping").appending(name)
            let text = value.string ?? ""
            // A mapping's value is the name of a schema or a reference to one.
            if let branch = names[text] {
                names[name] = branch
            } else if let target = resolve(text, from: reader.location), self.value(at: target.location) != nil {
                names[name] = node(at: target.location)
            } else if dialect == .openAPI30 {
                report(location, "the mapping leads nowhere")
            }
        }
        let sorted = names.sorted { $0.key < $1.key }
        tables.discriminators.append(
            Discriminator(
                property: property, names: NameTable(sorted.map(\.key), in: &tables), branches: sorted.map(\.value),
                otherwise: otherwise))
        return .discriminated(Index(tables.discriminators.count - 1))
    }
}
