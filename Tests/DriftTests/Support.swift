import Registry
import Value

@testable import Drift

/// A definition of two endpoints that share `Customer`, and one of its own.
enum Sample {
    static let definition: JSON = [
        "name": "CRM", "slug": "crm", "connection": ["base_url": "https://crm.example.com"],
        "$defs": [
            "Customer": [
                "type": "object", "required": ["id", "name"], "additionalProperties": false,
                "properties": [
                    "id": ["type": "string"], "name": ["type": "string"],
                    "state": ["enum": ["new", "old"]],
                    "parent": ["$ref": "#/$defs/Customer"],
                ],
            ]
        ],
        "endpoints": [
            ["name": "one", "method": "GET", "path": "/one", "response_schema": ["$ref": "#/$defs/Customer"]],
            [
                "name": "all", "method": "GET", "path": "/all",
                "response_schema": [
                    "type": "object", "required": ["items"],
                    "properties": ["items": ["type": "array", "items": ["$ref": "#/custom_api/$defs/Customer"]]],
                ],
            ],
            ["name": "short", "method": "GET", "path": "/short", "response_schema": ["id": "string", "n": "integer"]],
            [
                "name": "again", "method": "GET", "path": "/again",
                "response_schema": ["type": "array", "items": ["$ref": "#/endpoints/2/response_schema"]],
            ],
            ["name": "none", "method": "GET", "path": "/none"],
        ],
    ]

    static func stored(_ definition: JSON = definition, id: String = "a1", version: Int = 1) throws -> StoredAPI {
        let read = try CustomAPIDefinition(definition, context: DefinitionContext(user: "u1", api: id, tunnels: nil))
        return StoredAPI(
            id: id, user: "u1", slug: read.slug, definition: read.stored, version: version, created: 0, updated: 0)
    }

    /// What a call hands over of an answer; nil where it follows the schema.
    static func report(
        _ answer: JSON, to name: String, of api: CompiledAPI, time: Int64 = 0, bytes: Int? = nil
    ) -> DriftReport? {
        guard let endpoint = api.endpoint(named: name),
            let mismatches = endpoint.responseSchema?.mismatches(of: answer), !mismatches.isEmpty
        else { return nil }
        return DriftReport(
            api: api, endpoint: endpoint, mismatches: mismatches, answer: answer, bytes: bytes ?? answer.bytes().count,
            time: time)
    }
}
