import JSONSchema
import Value

/// Documents to begin with.
enum OpenAPISeeds {
    static let names =
        SchemaSeeds.keywords + [
            "openapi", "swagger", "info", "title", "version", "servers", "url", "variables", "paths", "/a", "/a/{id}",
            "/b/{id}/c/{name}", "get", "post", "put", "delete", "patch", "head", "options", "trace", "parameters",
            "name", "in", "required", "schema", "style", "explode", "allowReserved", "content", "application/json",
            "application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "application/octet-stream",
            "*/*", "requestBody", "responses", "200", "default", "description", "operationId", "tags", "deprecated",
            "security", "securitySchemes", "securityDefinitions", "components", "schemas", "definitions", "basePath",
            "host", "schemes", "consumes", "produces", "collectionFormat", "formData", "encoding", "contentType",
            "headers", "example", "examples", "callbacks", "links", "webhooks", "pathItems", "requestBodies", "type",
            "scheme", "flows", "x-ms-paths", "nullable", "discriminator", "mapping", "propertyName", "summary",
        ]

    static let texts = [
        "2.0", "3.0.3", "3.1.0", "4.0.0", "path", "query", "header", "cookie", "body", "formData", "form", "simple",
        "label", "matrix", "spaceDelimited", "pipeDelimited", "deepObject", "csv", "multi", "tsv", "string", "integer",
        "number", "array", "object", "boolean", "file", "null", "binary", "byte", "id", "name", "Authorization", "Host",
        "#/components/schemas/A", "#/components/parameters/P", "#/components/requestBodies/B", "#/paths/~1a/get",
        "#/definitions/A", "other.yaml", "other.yaml#/A", "#", "#/", "https://example.com/x.json", "../up.yaml",
        "https://api.example.com/v1", "http://{region}.example.com:{port}/x", "/relative", "//host/x", "ftp://x",
        "apiKey",
        "http", "bearer", "basic", "oauth2", "openIdConnect", "application", "accessCode", "https", "get_a", "a b/c",
        "constructor", "", "body", "secret", "{secret}", "^(a+)+$", "[", "\u{1F600}", "x", "/a/{id}?q={q}#f", "/a//b",
    ]

    /// A member that belongs into a document.
    static func member(_ random: inout SplitMix64, _ parts: [JSON]) -> (String, JSON) {
        func text(_ texts: String...) -> JSON { .string(random.pick(texts) ?? "") }
        switch random.below(12) {
        case 0: return ("parameters", [parameter(&random, parts), parameter(&random, parts)])
        case 1: return ("schema", SchemaSeeds.schema(3, &random, parts))
        case 2:
            return ("$ref", text("#/components/schemas/A", "#/components/parameters/P", "other.yaml", "#/paths/~1a"))
        case 3:
            let type = random.pick([
                "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "*/*",
                "image/png", "application/vnd.x+json", "not a type",
            ])
            return (
                "requestBody",
                [
                    "required": .bool(random.oneIn(2)),
                    "content": .object(JSONObject([(type ?? "", ["schema": SchemaSeeds.schema(3, &random, parts)])])),
                ]
            )
        case 4:
            return (
                "security", random.pick([[], [["key": []]], [["none": []]], [["key": [], "basic": []], [:]]]) ?? []
            )
        case 5: return ("operationId", text("get_a", "getA", "", "a b", String(repeating: "x", count: 300)))
        case 6:
            return ("servers", [["url": text("https://a.example/v1", "/x", "http://{h}/", "https://b.example:99999")]])
        case 7: return (random.pick(["get", "post", "put", "delete"]) ?? "get", ["responses": [:]])
        case 8:
            return (random.pick(["/a", "/a/{id}", "/a/{x}{y}", "a", "/", "/{id}/../b", "/a%2e"]) ?? "/", ["get": [:]])
        case 9: return ("properties", ["id": SchemaSeeds.schema(2, &random, parts), "body": ["type": "string"]])
        case 10: return ("responses", ["200": ["schema": SchemaSeeds.schema(2, &random, parts)]])
        default: return ("consumes", [text("multipart/form-data", "application/x-www-form-urlencoded", "text/xml")])
        }
    }

    private static func parameter(_ random: inout SplitMix64, _ parts: [JSON]) -> JSON {
        var parameter = JSONObject()
        parameter["name"] = .string(
            random.pick(["id", "name", "q", "X-H", "a[b]", "", "body", "é", "Authorization"]) ?? "q")
        parameter["in"] = .string(random.pick(["path", "query", "header", "cookie", "body", "formData"]) ?? "query")
        if random.oneIn(2) { parameter["required"] = .bool(random.oneIn(2)) }
        if random.oneIn(3) {
            parameter["style"] = .string(
                random.pick(["form", "simple", "label", "matrix", "deepObject", "x"]) ?? "form")
        }
        if random.oneIn(3) { parameter["explode"] = .bool(random.oneIn(2)) }
        switch random.below(4) {
        case 0: parameter["type"] = .string(random.pick(["string", "array", "integer", "file"]) ?? "string")
        case 1: parameter["content"] = ["application/json": ["schema": SchemaSeeds.schema(2, &random, parts)]]
        default: parameter["schema"] = SchemaSeeds.schema(2, &random, parts)
        }
        return .object(parameter)
    }

    static let all: [JSON] = [three, two, recursive]

    private static let three: JSON = [
        "openapi": "3.0.3", "info": ["title": "Orders", "version": "1"],
        "servers": [
            [
                "url": "https://{region}.example.com/v1",
                "variables": ["region": ["default": "eu", "enum": ["eu", "us"]]],
            ]
        ],
        "security": [["key": []]],
        "paths": [
            "/orders/{id}": [
                "parameters": [["$ref": "#/components/parameters/P"]],
                "get": [
                    "operationId": "getOrder", "tags": ["orders"],
                    "parameters": [
                        [
                            "name": "fields", "in": "query", "style": "pipeDelimited", "explode": false,
                            "schema": ["type": "array", "items": ["type": "string"]],
                        ],
                        [
                            "name": "filter", "in": "query", "style": "deepObject",
                            "schema": ["type": "object", "properties": ["a": ["type": "string"]]],
                        ],
                        ["name": "X-Trace", "in": "header", "schema": ["type": "string", "default": "x"]],
                        ["name": "session", "in": "cookie", "schema": ["type": "string"]],
                        [
                            "name": "where", "in": "query",
                            "content": ["application/json": ["schema": ["type": "object"]]],
                        ],
                    ],
                    "responses": [
                        "200": [
                            "description": "ok",
                            "content": ["application/json": ["schema": ["$ref": "#/components/schemas/A"]]],
                        ]
                    ],
                ],
                "put": [
                    "requestBody": ["$ref": "#/components/requestBodies/B"], "responses": ["204": ["description": ""]],
                    "security": [],
                ],
                "post": [
                    "requestBody": [
                        "content": [
                            "multipart/form-data": [
                                "schema": [
                                    "type": "object", "required": ["file"],
                                    "properties": [
                                        "file": ["type": "string", "format": "binary"],
                                        "tags": ["type": "array", "items": ["type": "string"]],
                                        "meta": ["$ref": "#/components/schemas/A"],
                                    ],
                                ],
                                "encoding": [
                                    "meta": ["contentType": "application/json"],
                                    "tags": ["style": "form", "explode": false],
                                ],
                            ]
                        ]
                    ],
                    "responses": ["default": ["description": ""]],
                ],
            ],
            "/raw": [
                "post": [
                    "requestBody": ["content": ["application/octet-stream": [:]]],
                    "servers": [["url": "https://other.example"]],
                ]
            ],
        ],
        "components": [
            "parameters": [
                "P": [
                    "name": "id", "in": "path", "required": true, "style": "label",
                    "schema": ["type": "integer", "format": "int64"],
                ]
            ],
            "requestBodies": [
                "B": [
                    "required": true, "content": ["application/json": ["schema": ["$ref": "#/components/schemas/A"]]],
                ]
            ],
            "schemas": [
                "A": [
                    "type": "object", "required": ["name"], "nullable": true,
                    "properties": [
                        "name": ["type": "string", "pattern": "^[a-z]+$"], "parent": ["$ref": "#/components/schemas/A"],
                        "kind": ["allOf": [["$ref": "#/components/schemas/K"]], "readOnly": true],
                    ], "discriminator": ["propertyName": "name", "mapping": ["a": "#/components/schemas/K"]],
                ],
                "K": [
                    "oneOf": [
                        ["type": "string", "enum": ["a", "b"]],
                        ["type": "array", "items": ["$ref": "#/components/schemas/K"]],
                    ]
                ],
            ],
            "securitySchemes": [
                "key": ["type": "apiKey", "in": "header", "name": "X-Key"],
                "basic": ["type": "http", "scheme": "basic"],
            ],
        ],
    ]

    private static let two: JSON = [
        "swagger": "2.0", "info": ["title": "Pets", "version": "1"], "host": "api.example.com", "basePath": "/v2",
        "schemes": ["http", "https"], "consumes": ["application/json"],
        "securityDefinitions": [
            "o": ["type": "oauth2", "flow": "application", "tokenUrl": "https://a.example/t", "scopes": ["r": "read"]],
            "key": ["type": "apiKey", "in": "query", "name": "api_key"],
        ],
        "security": [["o": ["r"]]],
        "paths": [
            "/pets/{id}": [
                "get": [
                    "parameters": [
                        ["name": "id", "in": "path", "required": true, "type": "integer"],
                        [
                            "name": "tags", "in": "query", "type": "array", "items": ["type": "string"],
                            "collectionFormat": "ssv",
                        ],
                    ], "responses": ["200": ["schema": ["$ref": "#/definitions/A"]]],
                ],
                "post": [
                    "consumes": ["multipart/form-data"],
                    "parameters": [
                        ["name": "id", "in": "path", "required": true, "type": "string"],
                        ["name": "file", "in": "formData", "type": "file"],
                        ["name": "n", "in": "formData", "type": "integer"],
                    ],
                ],
                "put": [
                    "parameters": [
                        ["name": "id", "in": "path", "required": true, "type": "string"],
                        ["name": "body", "in": "body", "required": true, "schema": ["$ref": "#/definitions/A"]],
                    ]
                ],
            ]
        ],
        "definitions": [
            "A": [
                "type": "object",
                "properties": ["id": ["type": "integer", "x-nullable": true], "a": ["$ref": "#/definitions/A"]],
            ]
        ],
    ]

    private static let recursive: JSON = [
        "openapi": "3.1.0", "info": ["title": "Trees", "version": "1"],
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "paths": [
            "/a": ["$ref": "#/components/pathItems/I"], "/b": ["$ref": "other.yaml"],
            "/c": [
                "get": [
                    "parameters": [["$ref": "other.yaml#/P"]], "requestBody": ["content": ["application/json": [:]]],
                ]
            ],
        ],
        "webhooks": ["w": ["post": [:]]],
        "components": [
            "pathItems": [
                "I": [
                    "post": [
                        "requestBody": ["content": ["application/json": ["schema": ["$ref": "#/components/schemas/T"]]]]
                    ]
                ]
            ],
            "schemas": [
                "T": [
                    "type": ["object", "null"],
                    "allOf": [
                        ["$ref": "#/components/schemas/U"], ["properties": ["t": ["$ref": "#/components/schemas/T"]]],
                    ],
                ],
                "U": [
                    "anyOf": [
                        ["$ref": "#/components/schemas/V"], ["type": "object", "patternProperties": ["^x": true]],
                    ]
                ],
                "V": ["$ref": "#/components/schemas/T", "description": "around"],
                "W": ["$ref": "#/components/schemas/W"],
                "X": [
                    "$id": "https://example.com/x", "$defs": ["y": ["$anchor": "y", "const": 1]], "$ref": "#y",
                    "prefixItems": [true],
                ],
            ],
        ],
    ]
}
