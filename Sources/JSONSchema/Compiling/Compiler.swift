import Value

/// Turns schemas into a program. Each place in the documents becomes one node, however many references lead there, so
/// that recursive schemas end; work to do is kept in a list, so that no nesting of schemas costs stack.
struct Compiler {
    /// A node whose keywords are yet to be read.
    private struct Pending {
        let node: Index
        let schema: JSON
        let location: Location
        let resource: Int
    }

    let dialect: Schema.Dialect
    let options: Schema.Options
    var library: Library
    var tables = Tables()
    private var faults: [SchemaError.Fault] = []
    private var nodesByLocation: [Location: Index] = [:]
    private var pending: [Pending] = []
    private var patternsByText: [JSON: Index] = [:]
    private var anchorsByName: [String: Index] = [:]
    /// Resources that some node belongs to: those that can be in the dynamic scope.
    private var reached: Set<Int> = []

    /// More are not told.
    static let maximumFaults = 64

    init(dialect: Schema.Dialect, options: Schema.Options) {
        self.dialect = dialect
        self.options = options
        library = Library(dialect: dialect, options: options)
    }

    mutating func compile(_ root: JSON, at pointer: JSONPointer) throws(SchemaError) -> Program {
        library.add(root, uri: URIReference(options.baseURI).resource)
        let location = Location(document: 0, pointer: pointer)
        guard value(at: location) != nil else {
            throw SchemaError(faults: [SchemaError.Fault(pointer: pointer, message: "there is no schema here")])
        }
        guard library.faults.isEmpty else { throw SchemaError(faults: library.faults) }
        _ = node(at: location)
        repeat {
            while let next = pending.popLast(), faults.count < Self.maximumFaults { compile(next) }
            linkAnchors()
        } while !pending.isEmpty && faults.count < Self.maximumFaults
        faults = library.faults + faults
        if faults.isEmpty { refuseCycles() }
        guard faults.isEmpty else { throw SchemaError(faults: faults) }
        shortenReferences()
        return Program(tables, limits: options.limits)
    }

    func value(at location: Location) -> JSON? {
        library.documents[location.document].root[location.pointer]
    }

    /// The node for the schema at a place somewhere in the documents.
    mutating func node(at location: Location) -> Index {
        if let known = nodesByLocation[location] { return known }
        return node(value(at: location) ?? .null, location, library.resource(around: location))
    }

    /// The node for a schema that stands inside of one being read.
    mutating func node(_ schema: JSON, at location: Location, inside reader: KeywordReader) -> Index {
        node(schema, location, library.resource(rootedAt: location) ?? reader.resource)
    }

    private mutating func node(_ schema: JSON, _ location: Location, _ resource: Int) -> Index {
        if let known = nodesByLocation[location] { return known }
        let index = Index(tables.nodes.count)
        guard index < options.limits.schemas else {
            if index == options.limits.schemas { report(location, "there are more than \(index) schemas") }
            return 0
        }
        guard location.pointer.tokens.count <= 2 * options.limits.depth else {
            report(location, "schemas are nested too deep")
            return 0
        }
        reached.insert(resource)
        tables.nodes.append(Node(resource: Index(resource)))
        tables.places.append(
            Tables.Place(document: library.documents[location.document].uri, pointer: location.pointer))
        nodesByLocation[location] = index
        pending.append(Pending(node: index, schema: schema, location: location, resource: resource))
        return index
    }

    mutating func report(_ location: Location, _ message: String) {
        if faults.count < Self.maximumFaults { faults.append(library.fault(location, message)) }
    }

    /// The table's place for a pattern; below zero, with the fault reported, when it is none.
    mutating func pattern(_ text: String, at location: Location) -> Index {
        if let known = patternsByText[.string(text)] { return known }
        guard let pattern = Pattern(text, steps: options.limits.patternSteps) else {
            report(location, "the pattern is not a regular expression that is understood")
            return -1
        }
        let index = Index(tables.patterns.count)
        tables.patterns.append(pattern)
        patternsByText[.string(text)] = index
        return index
    }

    /// The table's place for a dynamic anchor's name.
    mutating func anchor(_ name: String) -> Index {
        if let known = anchorsByName[name] { return known }
        let index = Index(tables.anchors.count)
        tables.anchors.append(Tables.Anchor(name: name))
        anchorsByName[name] = index
        return index
    }

    private mutating func compile(_ item: Pending) {
        switch item.schema {
        case .bool(let isAnything):
            tables.nodes[Int(item.node)].isLeaf = true
            guard !isAnything else { return }
            tables.nodes[Int(item.node)].types = []
            tables.nodes[Int(item.node)].isNever = true
        case .object(let object):
            var reader = KeywordReader(object: object, location: item.location, resource: item.resource)
            reader.vocabularies = library.resources[item.resource].vocabularies
            tables.nodes[Int(item.node)] = compile(reader, tables.nodes[Int(item.node)])
        default: report(item.location, "a schema must be an object\(dialect == .draft2020 ? " or a boolean" : "")")
        }
    }

    /// Gives each dynamic anchor the schemas that the resources reached have under its name; these are schemas to read
    /// in their turn.
    private mutating func linkAnchors() {
        for anchor in tables.anchors.indices {
            var targets: [(resource: Index, node: Index)] = []
            for resource in reached.sorted() {
                let known = library.resources[resource]
                guard let pointer = known.dynamicAnchors[tables.anchors[anchor].name] else { continue }
                let node = node(at: Location(document: known.location.document, pointer: pointer))
                targets.append((Index(resource), node))
            }
            tables.anchors[anchor].targets = targets
        }
    }

    /// Lets nodes that are nothing but a reference be passed over, where that does not change the dynamic scope.
    private mutating func shortenReferences() {
        for index in tables.nodes.indices where tables.nodes[index].hasStepsOnly && tables.nodes[index].steps.count == 1
        {
            guard case .reference(let target) = tables.steps[Int(tables.nodes[index].steps.start)],
                tables.anchors.isEmpty || tables.nodes[Int(target)].resource == tables.nodes[index].resource
            else { continue }
            tables.nodes[index].target = target
        }
    }

    /// References that lead back to themselves on every path apply to a value without end.
    private mutating func refuseCycles() {
        var cycles = CycleSearch(tables: tables)
        for node in cycles.run() {
            guard let location = nodesByLocation.first(where: { $0.value == node })?.key else { continue }
            report(location, "the schema refers to itself, so that no value could be checked")
        }
    }
}
