import Value

/// A body whose properties can stand beside an endpoint's parameters: an object that nothing but its properties
/// describes.
struct ObjectBody {
    let properties: JSONObject
    /// Without what only the API sets: `readOnly` properties.
    let required: [JSON]
    /// What members of other names must be; nil where there are none.
    let others: JSON?
    /// Where it stands in the definition: elsewhere than the body where that is a reference.
    let pointer: JSONPointer

    private static let annotations: Set<String> = [
        "title", "description", "default", "example", "examples", "deprecated", "$comment", "readOnly", "writeOnly",
        "xml", "externalDocs", "$id", "$schema", "$anchor", "$defs", "definitions",
    ]
    private static let plain = annotations.union(["type", "properties", "required", "additionalProperties"])
    private static let mostHops = 32

    /// Nil for any other body.
    init?(_ schema: JSON?, at pointer: JSONPointer, in document: SchemaDocument) {
        var pointer = pointer
        guard var object = schema?.object else { return nil }
        var hops = 0
        while let reference = object["$ref"]?.string {
            let enclosing = SchemaDocument.enclosingSchema(of: pointer)
            guard hops < Self.mostHops, object.keys.allSatisfy({ $0 == "$ref" || Self.annotations.contains($0) }),
                case .success(let target) = document.resolve(reference, within: enclosing),
                let next = document.root[target]?.object
            else { return nil }
            (object, pointer) = (next, target)
            hops += 1
        }
        let isPlain = object.keys.allSatisfy { Self.plain.contains($0) || $0.hasPrefix("x-") }
        guard isPlain, object["type"].map({ $0 == "object" }) ?? true, let properties = object["properties"]?.object
        else { return nil }
        self.properties = properties
        self.pointer = pointer
        required = (object["required"]?.array ?? []).filter { name in
            guard let property = name.string.flatMap({ properties[$0] }) else { return true }
            let place = pointer.appending("properties").appending(name.string ?? "")
            return property["readOnly"] != true && document.target(of: property, at: place)["readOnly"] != true
        }
        let additional = object["additionalProperties"]
        // A bare nil would be JSON's null here.
        others = additional?.bool == false ? Optional.none : additional
    }
}
