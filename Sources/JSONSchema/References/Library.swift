import Value

/// The documents at hand, and the schema resources in them by URI (core, section 9).
struct Library {
    /// One document; the first is the root.
    struct Document {
        let uri: String
        let root: JSON
    }

    /// A schema with a URI of its own, and what is named in it.
    struct Resource {
        let uri: URIReference
        let location: Location
        var vocabularies: Vocabularies
        var anchors: [String: JSONPointer] = [:]
        var dynamicAnchors: [String: JSONPointer] = [:]
    }

    private(set) var documents: [Document] = []
    private(set) var resources: [Resource] = []
    private(set) var faults: [SchemaError.Fault] = []
    private var resourcesByURI: [URIReference: Int] = [:]
    private var resourcesByLocation: [Location: Int] = [:]
    private var bundle: [URIReference: JSON] = [:]
    private let dialect: Schema.Dialect
    private let limits: Schema.Limits
    private var scanned = 0

    init(dialect: Schema.Dialect, options: Schema.Options) {
        self.dialect = dialect
        limits = options.limits
        for (uri, document) in options.resources { bundle[URIReference(uri).resource] = document }
    }

    /// Takes a document in, and everything in it that has a URI or a name.
    mutating func add(_ root: JSON, uri: URIReference) {
        let root = dialect == .draft2020 ? OlderDraft.upgraded(root) : root
        let location = Location(document: documents.count, pointer: .root)
        documents.append(Document(uri: uri.description, root: root))
        var vocabularies = Vocabularies.standard
        if dialect == .draft2020, let schema = root["$schema"]?.string {
            vocabularies = self.vocabularies(of: schema, at: location)
        }
        let resource = register(Resource(uri: uri, location: location, vocabularies: vocabularies))
        guard dialect == .draft2020 else { return }
        scan(root, location, resource, depth: limits.depth)
        // An OpenAPI document is not a schema itself, but its named schemas may have names in the sense of this draft
        // too.
        for (name, schema) in root["components"]?["schemas"]?.object ?? [:] {
            let pointer = JSONPointer(["components", "schemas", name])
            scan(schema, Location(document: location.document, pointer: pointer), resource, depth: limits.depth)
        }
    }

    /// The resource under a URI without fragment, which is taken from the bundle or the draft's meta-schemas when it is
    /// not at hand yet; nil when it is not there either.
    mutating func resource(_ uri: URIReference) -> Int? {
        if let known = resourcesByURI[uri] { return known }
        if let document = bundle.removeValue(forKey: uri) {
            add(document, uri: uri)
            return resourcesByURI[uri]
        }
        if let document = MetaSchema.document(uri.description) {
            add(document, uri: uri)
            return resourcesByURI[uri]
        }
        // It may be the `$id` of something inside another document of the bundle.
        for (uri, document) in bundle.sorted(by: { $0.key.description < $1.key.description }) {
            bundle[uri] = nil
            add(document, uri: uri)
        }
        return resourcesByURI[uri]
    }

    /// The resource that a place belongs to: the nearest one around it.
    func resource(around location: Location) -> Int {
        var pointer = location.pointer
        while true {
            let place = Location(document: location.document, pointer: pointer)
            if let resource = resourcesByLocation[place] { return resource }
            guard let parent = pointer.parent else { return 0 }
            pointer = parent
        }
    }

    /// The resource whose root is at a place; nil when it is inside of one.
    func resource(rootedAt location: Location) -> Int? {
        resourcesByLocation[location]
    }

    private mutating func register(_ resource: Resource) -> Int {
        let index = resources.count
        resources.append(resource)
        if resourcesByURI[resource.uri] == nil { resourcesByURI[resource.uri] = index }
        resourcesByLocation[resource.location] = index
        return index
    }

    private mutating func scan(_ schema: JSON, _ location: Location, _ resource: Int, depth: Int) {
        guard case .object(let object) = schema else { return }
        scanned += 1
        guard depth > 0, scanned <= limits.schemas else {
            if scanned <= limits.schemas + 1 { report(location, "the schema is nested too deep, or too large") }
            scanned = limits.schemas + 1
            return
        }
        let resource = identify(object, location, resource)
        if let anchor = object["$anchor"]?.string { resources[resource].anchors[anchor] = location.pointer }
        if let anchor = object["$dynamicAnchor"]?.string {
            resources[resource].dynamicAnchors[anchor] = location.pointer
        }
        for keyword in Keyword.single {
            guard let child = object[keyword] else { continue }
            scan(child, location.appending(keyword), resource, depth: depth - 1)
        }
        for keyword in Keyword.list {
            for (offset, child) in (object[keyword]?.array ?? []).enumerated() {
                scan(child, location.appending(keyword).appending(String(offset)), resource, depth: depth - 1)
            }
        }
        for keyword in Keyword.map {
            for (name, child) in object[keyword]?.object ?? [:] {
                scan(child, location.appending(keyword).appending(name), resource, depth: depth - 1)
            }
        }
    }

    /// The resource that a schema belongs to, which its `$id` may make its own.
    private mutating func identify(_ object: JSONObject, _ location: Location, _ outer: Int) -> Int {
        guard let id = object["$id"]?.string else { return outer }
        let uri = URIReference(id).resolved(against: resources[outer].uri)
        if let fragment = uri.fragment, !fragment.isEmpty {
            report(location.appending("$id"), "$id must not have a fragment")
        }
        guard uri.resource != resources[outer].uri else { return outer }
        var vocabularies = resources[outer].vocabularies
        if location.pointer != .root, let schema = object["$schema"]?.string {
            vocabularies = self.vocabularies(of: schema, at: location)
        }
        return register(Resource(uri: uri.resource, location: location, vocabularies: vocabularies))
    }

    /// What the meta-schema under a URI puts into use; the standard ones when it is not at hand or does not say.
    private mutating func vocabularies(of schema: String, at location: Location) -> Vocabularies {
        let uri = URIReference(schema).resource
        guard uri.description != MetaSchema.uri else { return .standard }
        let metaSchema = resourcesByURI[uri].map { documents[resources[$0].location.document].root } ?? bundle[uri]
        guard let object = metaSchema?["$vocabulary"]?.object else { return .standard }
        let (known, unknown) = Vocabularies.read(object)
        for name in unknown {
            report(location.appending("$schema"), "the meta-schema requires the vocabulary \(name.quotedForMessage)")
        }
        return known
    }

    private mutating func report(_ location: Location, _ message: String) {
        if faults.count < Compiler.maximumFaults { faults.append(fault(location, message)) }
    }

    /// A fault at a place, with its document named unless that is the root.
    func fault(_ location: Location, _ message: String) -> SchemaError.Fault {
        guard location.document > 0 else { return SchemaError.Fault(pointer: location.pointer, message: message) }
        let document = documents[location.document].uri.quotedForMessage
        return SchemaError.Fault(pointer: location.pointer, message: "in \(document): \(message)")
    }
}

/// A place in one of the documents. Names count code point by code point, as everywhere in JSON.
struct Location: Hashable {
    let document: Int
    let pointer: JSONPointer

    static func == (left: Location, right: Location) -> Bool {
        left.document == right.document && left.pointer == right.pointer
            && left.pointer.tokens.elementsEqual(right.pointer.tokens) { $0.utf8.elementsEqual($1.utf8) }
    }

    func appending(_ token: String) -> Location {
        Location(document: document, pointer: pointer.appending(token))
    }
}
