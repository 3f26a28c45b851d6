import Value

/// A page of orders as an API might answer with, and the schema it would document.
enum BenchDocument {
    static let schema: JSON = [
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["data", "page"],
        "additionalProperties": false,
        "properties": [
            "data": ["type": "array", "maxItems": 100, "items": ["$ref": "#/$defs/order"]],
            "page": [
                "type": "object",
                "required": ["size", "next"],
                "properties": [
                    "size": ["type": "integer", "minimum": 1, "maximum": 100],
                    "next": ["type": ["string", "null"], "format": "uri"],
                ],
            ],
        ],
        "$defs": [
            "order": order,
            "customer": [
                "type": "object",
                "required": ["name", "email"],
                "properties": [
                    "name": ["type": "string", "minLength": 1, "maxLength": 80],
                    "email": ["type": "string", "format": "email"],
                    "address": ["anyOf": [["$ref": "#/$defs/address"], ["type": "null"]]],
                ],
            ],
            "address": [
                "type": "object",
                "required": ["street", "city", "country"],
                "properties": [
                    "street": ["type": "string"], "city": ["type": "string"],
                    "country": ["type": "string", "pattern": "^[A-Z]{2}$"],
                ],
            ],
            "line": [
                "type": "object",
                "required": ["sku", "quantity", "price"],
                "additionalProperties": false,
                "properties": [
                    "sku": ["type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"],
                    "quantity": ["type": "integer", "minimum": 1, "multipleOf": 1],
                    "price": ["type": "number", "exclusiveMinimum": 0, "maximum": 100_000],
                ],
            ],
        ],
    ]

    private static let order: JSON = [
        "type": "object",
        "required": ["id", "status", "created", "customer", "lines", "total"],
        "properties": [
            "id": ["type": "string", "format": "uuid"],
            "status": ["enum": ["open", "paid", "shipped", "returned"]],
            "created": ["type": "string", "format": "date-time"],
            "customer": ["$ref": "#/$defs/customer"],
            "lines": ["type": "array", "minItems": 1, "items": ["$ref": "#/$defs/line"]],
            "total": ["type": "number", "minimum": 0],
            "tags": ["type": "array", "uniqueItems": true, "items": ["type": "string"]],
            "note": ["type": "string"],
        ],
    ]

    /// 22 orders.
    static let document: JSON = [
        "data": .array((0..<22).map(order(number:))),
        "page": ["size": 22, "next": "https://api.example.com/orders?cursor=b3JkZXItMjA"],
    ]

    private static func order(number: Int) -> JSON {
        let two = number < 10 ? "0\(number)" : "\(number)"
        let lines = (0...number % 3).map { line -> JSON in
            ["sku": .string("ABC-10\(line)\(number % 10)"), "quantity": .number(JSONNumber(line + 1)), "price": 19.99]
        }
        return [
            "id": .string("0190b5a2-7c1e-7f3a-9d2b-4f6c8e1a2b\(two)"),
            "status": .string(["open", "paid", "shipped", "returned"][number % 4]),
            "created": .string("2026-03-\(number < 9 ? "0" : "")\(number + 1)T09:30:\(two)Z"),
            "customer": [
                "name": .string("Customer number \(number)"), "email": .string("customer\(number)@example.com"),
                "address": number.isMultiple(of: 5)
                    ? nil : ["street": .string("\(number) High Street"), "city": "Bristol", "country": "GB"],
            ],
            "lines": .array(lines), "total": 59.97, "tags": ["gift", "priority"],
            "note": "Please leave the parcel with the neighbours when nobody is at home.",
        ]
    }
}
