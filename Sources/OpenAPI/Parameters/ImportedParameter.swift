import EgressPolicy
import Value

/// A parameter of an endpoint.
struct ImportedParameter {
    /// On the wire.
    var name: String
    var location: ParameterLocation
    /// Of the call's argument.
    var argument: String
    var isRequired: Bool
    var description: String?
    var schema: SchemaWriter.Written
    var style: ParameterStyle?
    var explode: Bool?
    var allowsReserved = false
    /// The media type in which the value is written out, where it is not written by style.
    var contentType: String?
    var example: JSON?
    /// Whether the value is the importer's own doing. A document's default is what its server assumes: it is not sent.
    var isFixed = false
    var place: Place

    /// As `endpoints[].parameters` has it.
    var json: JSON {
        var object: JSONObject = ["name": .string(name), "in": .string(location.rawValue)]
        if argument != name { object["argument"] = .string(argument) }
        if isRequired { object["required"] = true }
        if let description { object["description"] = .string(description) }
        if let contentType {
            object["content_type"] = .string(contentType)
        } else {
            if let style, style != location.defaultStyle { object["style"] = .string(style.rawValue) }
            let byDefault = (style ?? location.defaultStyle).explodesByDefault
            if let explode, explode != byDefault, style != .deepObject { object["explode"] = .bool(explode) }
            if allowsReserved { object["allowReserved"] = true }
        }
        if let preset = schema.json["default"], !preset.isNull, !isRequired { object["send_default"] = .bool(isFixed) }
        object["schema"] = schema.json.object == nil ? (schema.json == false ? ["not": true] : [:]) : schema.json
        return .object(object)
    }
}
