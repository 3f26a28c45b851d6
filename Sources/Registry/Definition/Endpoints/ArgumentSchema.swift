import Value

/// The JSON Schema of an endpoint's arguments: one object, parameters and body properties beside each other.
struct ArgumentSchema {
    private(set) var schema: SchemaLibrary.Rewritten
    private(set) var body: CompiledEndpoint.Body
    /// Where each argument's schema stands in the document as it was sent.
    private(set) var places: [String: JSONPointer]

    private var properties = JSONObject()
    private var required: [JSON] = []
    private var others: JSON = false
    private var dependent: JSON?
    private var uses: Set<String> = []

    init(
        _ list: ParameterList, _ part: RequestBodyPart, method: String, _ schemas: SchemaLibrary, _ faults: FaultList
    ) {
        body = .none
        places = list.places
        schema = SchemaLibrary.Rewritten(json: true)
        uses = list.uses
        for parameter in list.parameters {
            properties[parameter.argument] = parameter.schema
            if parameter.isRequired { required.append(.string(parameter.argument)) }
        }
        if part.isSent(method) { add(part, Set(list.parameters.map(\.argument)), schemas, faults) }
        var object: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { object["required"] = .array(required) }
        object["dependentRequired"] = dependent
        object["additionalProperties"] = others
        schema = SchemaLibrary.Rewritten(json: .object(object), uses: uses)
    }

    private mutating func add(
        _ part: RequestBodyPart, _ parameters: Set<String>, _ schemas: SchemaLibrary, _ faults: FaultList
    ) {
        let pointer = schemas.document.pointer(part.place)
        if let object = ObjectBody(part.schema, at: pointer, in: schemas.document),
            parameters.isDisjoint(with: object.properties.keys)
        {
            return add(object, isRequired: part.isRequired, schemas)
        }
        if parameters.contains("body") {
            let endpoint = part.place.parent ?? part.place
            faults.invalid(
                endpoint.appending("parameters"),
                "No parameter may be named \"body\" where the whole body is the argument of that name.")
        }
        body = .whole
        places["body"] = part.place
        guard let schema = part.schema else {
            properties["body"] = ["description": "The request's body, any JSON value."]
            return
        }
        let written = schemas.rewrite(schema, at: part.place, within: pointer)
        properties["body"] = written.json
        uses.formUnion(written.uses)
        if part.isRequired { required.append("body") }
    }

    private mutating func add(_ object: ObjectBody, isRequired: Bool, _ schemas: SchemaLibrary) {
        let place = schemas.document.place(object.pointer)
        let enclosing = SchemaDocument.enclosingSchema(of: object.pointer)
        for (name, value) in object.properties {
            places[name] = place.appending("properties").appending(name)
            let written = schemas.rewrite(value, at: places[name] ?? place, within: enclosing)
            properties[name] = written.json
            uses.formUnion(written.uses)
        }
        if let value = object.others {
            let written = schemas.rewrite(value, at: place.appending("additionalProperties"), within: enclosing)
            others = written.json
            uses.formUnion(written.uses)
        }
        body = .properties(object.properties.keys, isOpen: object.others != nil)
        schemas.count(
            JSON.array(object.required), times: isRequired ? 1 : object.properties.count)
        if isRequired {
            required += object.required
        } else if !object.required.isEmpty {
            // The body as a whole may be left out, but not a part of what it needs.
            dependent = .object(JSONObject(object.properties.keys.map { ($0, .array(object.required)) }))
        }
    }
}
