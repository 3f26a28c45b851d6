import GRDB
import Value

/// Definitions that were imported before defaults and formats had readings of their own: what importing them today would
/// say stands in them afterwards.
///
/// A document's default is what its server assumes, so that it is not sent; what the importer had fixed itself, a query
/// of a path, is. Definitions that were never imported stay as their owners wrote them.
enum ImportedDefaults {
    static func migrate(_ db: Database) throws {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT apis.id, apis.definition AS current, imports.definition AS imported
                FROM apis JOIN imports ON imports.api_id = apis.id
                """)
        for row in rows {
            let id: String = row["id"]
            if let text = migrated(row["current"]) {
                try db.execute(
                    sql: "UPDATE apis SET definition = ?, version = version + 1 WHERE id = ?", arguments: [text, id])
            }
            // The next import is compared with this: a change of both is none of the owner's.
            if let text = migrated(row["imported"]) {
                try db.execute(sql: "UPDATE imports SET definition = ? WHERE api_id = ?", arguments: [text, id])
            }
        }
    }

    /// Nil where nothing changes, and for what is no definition.
    private static func migrated(_ text: String) -> String? {
        guard let whole = try? JSON.parse(text), var definition = whole.object else { return nil }
        definition["endpoints"] = definition["endpoints"].map { endpoints in
            guard let list = endpoints.array else { return endpoints }
            return .array(list.map(endpoint))
        }
        var security = definition["security"]?.object ?? [:]
        if security["argument_formats"] == nil { security["argument_formats"] = "warn" }
        definition["security"] = .object(security)
        let result = JSON.object(definition)
        return result == whole ? nil : result.text()
    }

    private static func endpoint(_ endpoint: JSON) -> JSON {
        guard var object = endpoint.object, let parameters = object["parameters"]?.array else { return endpoint }
        object["parameters"] = .array(
            parameters.map { parameter in
                guard var object = parameter.object, object["send_default"] == nil,
                    object["required"]?.bool != true, object["in"]?.string != "path"
                else { return parameter }
                let schema = object["schema"] ?? parameter
                guard let preset = schema["default"], !preset.isNull else { return parameter }
                object["send_default"] = .bool(schema["enum"]?.array == [preset])
                return .object(object)
            })
        return .object(object)
    }
}
