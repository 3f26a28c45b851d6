import Value

/// The JSON Schema of an endpoint's arguments: one object, parameters and body properties beside each other.
struct ArgumentSchema {
    private(set) var schema: SchemaLibrary.Rewritten
    private(set) var body: CompiledEndpoint.Body
    /// How the body is written, with what stands beside its files.
    private(set) var content: RequestContent
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
        content = part.content
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
        let own = schema["properties"]?.object ?? [:]
        let beside = addFileArguments(besides: own, taken: own.keys)
        var whole = schema
        if !beside.isEmpty, var object = schema.object {
            object["properties"] = .object(JSONObject(own.map { ($0.key, $0.value) } + beside))
            whole = .object(object)
        }
        let written = schemas.rewrite(whole, at: part.place, within: pointer)
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
        let beside = addFileArguments(besides: object.properties, taken: properties.keys)
        for (name, value) in beside { properties[name] = value }
        body = .properties(object.properties.keys + beside.map(\.0), isOpen: object.others != nil)
        schemas.count(
            JSON.array(object.required), times: isRequired ? 1 : object.properties.count)
        if isRequired {
            required += object.required
        } else if !object.required.isEmpty {
            // The body as a whole may be left out, but not a part of what it needs.
            dependent = .object(JSONObject(object.properties.keys.map { ($0, .array(object.required)) }))
        }
    }

    /// A file's name and type, as arguments beside each file of a form, where the form has no fields of these names.
    private mutating func addFileArguments(
        besides fields: JSONObject, taken: [String]
    ) -> [(String, JSON)] {
        var added: [(String, JSON)] = []
        for (name, _) in fields where content.fields[name]?.isFile ?? false {
            let type: JSON = ["type": ["string", "array"], "items": ["type": "string"]]
            for (suffix, what) in [("_filename", "name"), ("_content_type", "media type")] {
                let argument = name + suffix
                guard !taken.contains(argument), !added.contains(where: { $0.0 == argument }) else { continue }
                var schema = type.object ?? [:]
                schema["description"] = .string("The file's \(what), of \"\(name)\"; a list where that is one.")
                added.append((argument, .object(schema)))
                if suffix == "_filename" {
                    content.fields[name]?.nameArgument = argument
                } else {
                    content.fields[name]?.typeArgument = argument
                }
            }
        }
        return added
    }
}
