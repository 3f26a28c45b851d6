import Value

/// Files in a `multipart/form-data` body: strings that OpenAPI calls binary, which are given in base64.
enum FormFiles {
    /// The body's schema with its files marked by `contentEncoding`; a shared one is copied where it has any.
    static func marked(_ schema: JSON, _ writer: SchemaWriter) -> JSON {
        guard var object = writer.target(schema).object, let properties = object["properties"]?.object else {
            return schema
        }
        var changed = properties
        for (name, property) in properties {
            if let file = file(property, writer) {
                changed[name] = file
            } else if var list = writer.target(property).object, let items = list["items"],
                let file = file(items, writer)
            {
                list["items"] = file
                changed[name] = .object(list)
            }
        }
        guard changed != properties else { return schema }
        object["properties"] = .object(changed)
        return .object(object)
    }

    private static func file(_ property: JSON, _ writer: SchemaWriter) -> JSON? {
        guard var schema = writer.target(property).object else { return Optional<JSON>.none }
        let isBinary =
            schema["format"] == "binary" || schema["contentEncoding"] == "binary"
            || (schema["contentMediaType"] == "application/octet-stream" && schema["contentEncoding"] == nil)
        guard isBinary, schema["type"].map({ $0 == "string" }) ?? true else { return Optional<JSON>.none }
        schema["type"] = "string"
        schema["format"] = nil
        schema["contentEncoding"] = "base64"
        return .object(schema)
    }
}
