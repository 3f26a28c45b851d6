import Drafts
import Registry
import Testing
import Value
import YAML

@Suite struct DraftMergeTests {
    private static func yaml(_ text: String) throws -> JSON { try YAML.parse(text).root }

    /// As an import made it.
    private static let imported = """
        name: Shop
        description: Sells
        connection: { base_url: "https://shop.example.com/v1" }
        authentication: { type: bearer_token, config: {} }
        endpoints:
          - name: get_order
            description: One order
            method: GET
            path: /orders/{id}
            parameters:
              - { name: id, in: path, required: true, schema: { type: string } }
              - { name: expand, in: query, schema: { type: string, enum: [lines, customer] } }
            response_schema: { $ref: "#/$defs/Order" }
          - { name: list_orders, method: GET, path: /orders }
          - name: create_order
            method: POST
            path: /orders
            request_body: { type: object, properties: { item: { type: string }, count: { type: integer } }, required: [item] }
          - { name: delete_order, method: DELETE, path: "/orders/{id}", parameters: [{ name: id, in: path, required: true }] }
        $defs:
          Order: { type: object, properties: { id: { type: string }, customer: { $ref: "#/$defs/Customer" } } }
          Customer: { type: object, properties: { name: { type: string } } }
        """

    private static func accepted(_ json: JSON) throws -> CustomAPIDefinition {
        try CustomAPIDefinition(json, context: DefinitionContext(user: "usr_1", api: "api_1", tunnels: nil))
    }

    private static func edit(_ json: JSON, _ changes: [(String, JSON?)]) -> JSON {
        changes.reduce(json) { result, change in
            set(result, (JSONPointer(text: change.0) ?? .root).tokens[...], change.1)
        }
    }

    private static func set(_ json: JSON, _ tokens: ArraySlice<String>, _ value: JSON?) -> JSON {
        guard let token = tokens.first else { return value ?? .null }
        let rest = tokens.dropFirst()
        if case .array(var elements) = json, let index = Int(token) {
            if rest.isEmpty, value == nil {
                elements.remove(at: index)
            } else if index == elements.count {
                elements.append(set(.null, rest, value))
            } else {
                elements[index] = set(elements[index], rest, value)
            }
            return .array(elements)
        }
        var object = json.object ?? [:]
        if rest.isEmpty, value == nil {
            object[token] = .none
        } else {
            object[token] = set(object[token] ?? .null, rest, value)
        }
        return .object(object)
    }

    private static func names(_ json: JSON) -> [String] {
        (json["endpoints"]?.array ?? []).compactMap { $0["name"]?.string }
    }

    private static func endpoint(_ json: JSON, _ name: String) -> JSON? {
        json["endpoints"]?.array?.first { $0["name"]?.string == name }
    }

    @Test("I: what only one side changed is taken from that side")
    func oneSided() throws {
        let base = try Self.yaml(Self.imported)
        let theirs = Self.edit(
            base,
            [
                ("/endpoints/0/description", "One order, with lines"),
                ("/endpoints/2/request_body/properties/note", ["type": "string"]),
                ("/endpoints/2/request_body/required", ["item", "count"]),
                (
                    "/endpoints/4",
                    [
                        "name": "ship_order", "method": "POST", "path": "/orders/{id}/ship",
                        "parameters": [["name": "id", "in": "path"]],
                    ]
                ),
            ])
        let mine = Self.edit(
            base,
            [
                ("/endpoints/0/name", "fetch_order"), ("/endpoints/2/description", "Mine"),
                ("/endpoints/2/request_body/properties/count/minimum", 1), ("/connection/timeout_ms", 5000),
                ("/authentication/config/token", "vault://users/u/apis/a/token"),
            ])
        let merge = DraftMerge(base: base, theirs: theirs, mine: mine)
        #expect(merge.report.conflicts.isEmpty)
        #expect(
            Self.names(merge.definition) == [
                "fetch_order", "list_orders", "create_order", "delete_order", "ship_order",
            ])
        #expect(Self.endpoint(merge.definition, "fetch_order")?["description"] == "One order, with lines")
        let create = try #require(Self.endpoint(merge.definition, "create_order"))
        #expect(create["description"] == "Mine")
        #expect(create["request_body"]?["properties"]?["count"] == ["type": "integer", "minimum": 1])
        #expect(create["request_body"]?["properties"]?["note"] == ["type": "string"])
        #expect(create["request_body"]?["required"] == ["item", "count"])
        #expect(merge.definition["connection"]?["timeout_ms"] == 5000)
        #expect(merge.definition["authentication"]?["config"]?["token"] == "vault://users/u/apis/a/token")
        let lines = merge.report.lines
        #expect(
            lines.contains("~ /endpoints/fetch_order/description: \"One order\" → \"One order, with lines\" (source)"))
        #expect(lines.contains("+ /endpoints/ship_order: {4 members} (source)"))
        #expect(lines.contains("~ /endpoints/fetch_order/name: \"get_order\" → \"fetch_order\" (user)"))
        #expect(lines.contains("+ /connection/timeout_ms: 5000 (user)"))
        _ = try Self.accepted(Self.edit(merge.definition, [("/authentication/config/token", "x")]))
    }

    @Test("I: where both changed a place the user's stands, and the conflict is told")
    func conflicts() throws {
        let base = try Self.yaml(Self.imported)
        let theirs = Self.edit(
            base,
            [
                ("/endpoints/0/description", "Theirs"),
                ("/endpoints/0/parameters/1/schema/enum", ["lines", "customer", "payments"]),
                ("/endpoints/1", nil), ("/authentication", ["type": "api_key", "config": ["header_name": "X-Key"]]),
            ])
        let mine = Self.edit(
            base,
            [
                ("/endpoints/0/description", "Mine"), ("/endpoints/0/parameters/1/schema/enum", ["lines"]),
                ("/endpoints/1/description", "Edited"),
                ("/authentication", ["type": "basic_auth", "config": ["username": "vault://x"]]),
            ])
        let merge = DraftMerge(base: base, theirs: theirs, mine: mine)
        let order = try #require(Self.endpoint(merge.definition, "get_order"))
        #expect(order["description"] == "Mine")
        #expect(order["parameters"]?[1]?["schema"]?["enum"] == ["lines", "payments"])
        #expect(Self.names(merge.definition).contains("list_orders"))
        #expect(merge.definition["authentication"]?["type"] == "basic_auth")
        #expect(
            merge.report.conflicts.map(\.pointer.description)
                == ["/endpoints/get_order/description", "/endpoints/list_orders", "/authentication"])
        #expect(merge.report.conflicts[0].theirs == "Theirs")
        #expect(
            merge.report.lines.contains(
                "! /endpoints/list_orders: the source removed it, but you changed it: it is kept"))
        #expect(merge.report.json["conflicts"]?.array?.count == 3)
    }

    @Test("I: an endpoint that the user removed stays removed, one that the source removed goes")
    func removals() throws {
        let base = try Self.yaml(Self.imported)
        let theirs = Self.edit(base, [("/endpoints/3", nil)])
        let mine = Self.edit(base, [("/endpoints/1", nil)])
        let merge = DraftMerge(base: base, theirs: theirs, mine: mine)
        #expect(Self.names(merge.definition) == ["get_order", "create_order"])
        #expect(merge.report.stillInSource == ["list_orders"])
        #expect(merge.report.lines.contains { $0.hasPrefix("- /endpoints/delete_order") })
        #expect(merge.report.conflicts.isEmpty)
        let gone = DraftMerge(base: base, theirs: mine, mine: mine)
        #expect(gone.report.stillInSource.isEmpty)
    }

    @Test("I: a renamed endpoint is the same, also when its path's parameter got another name; names stay unique")
    func renames() throws {
        let base = try Self.yaml(Self.imported)
        let theirs = Self.edit(
            base,
            [
                ("/endpoints/0/path", "/orders/{order_id}"), ("/endpoints/0/parameters/0/name", "order_id"),
                ("/endpoints/4", ["name": "search", "method": "GET", "path": "/search"]),
            ])
        let mine = Self.edit(base, [("/endpoints/0/name", "search"), ("/endpoints/1/name", "orders")])
        let merge = DraftMerge(base: base, theirs: theirs, mine: mine)
        #expect(Self.names(merge.definition) == ["search", "orders", "create_order", "delete_order", "search_2"])
        #expect(Self.endpoint(merge.definition, "search")?["path"] == "/orders/{order_id}")
        #expect(Self.endpoint(merge.definition, "search")?["parameters"]?[0]?["name"] == "order_id")
        #expect(merge.report.conflicts.map(\.pointer.description) == ["/endpoints/search_2/name"])
        _ = try Self.accepted(merge.definition)
    }

    @Test("I: shared schemas go when nobody uses them, and not before")
    func shared() throws {
        let base = try Self.yaml(Self.imported)
        let theirs = Self.edit(
            base,
            [
                ("/endpoints/0/response_schema", ["$ref": "#/$defs/OrderV2"]), ("/$defs/OrderV2", ["type": "object"]),
                ("/$defs/Order", nil), ("/$defs/Customer", nil),
            ])
        let plain = DraftMerge(base: base, theirs: theirs, mine: base)
        #expect(plain.definition["$defs"]?.object?.keys == ["OrderV2"])
        let mine = Self.edit(
            base,
            [
                ("/endpoints/1/response_schema", ["items": ["$ref": "#/$defs/Order"]]),
                ("/$defs/Own", ["type": "string"]),
            ])
        let merge = DraftMerge(base: base, theirs: theirs, mine: mine)
        #expect(merge.definition["$defs"]?.object?.keys == ["Order", "Customer", "Own", "OrderV2"])
        _ = try Self.accepted(merge.definition)
        let deleted = Self.edit(base, [("/$defs/Customer", nil), ("/$defs/Order/properties/customer", true)])
        #expect(DraftMerge(base: base, theirs: base, mine: deleted).definition["$defs"]?.object?.keys == ["Order"])
    }

    @Test("I: references from one endpoint to another follow it to its new place, and hold it")
    func references() throws {
        let base = try Self.yaml(Self.imported)
        let own: JSON = [
            "name": "own", "method": "GET", "path": "/own", "response_schema": ["$ref": "#/endpoints/2/request_body"],
        ]
        let mine = Self.edit(base, [("/endpoints/4", own)])
        let theirs = Self.edit(base, [("/endpoints/1", nil)])
        let merge = DraftMerge(base: base, theirs: theirs, mine: mine)
        #expect(Self.endpoint(merge.definition, "own")?["response_schema"] == ["$ref": "#/endpoints/1/request_body"])
        _ = try Self.accepted(merge.definition)
        let without = Self.edit(base, [("/endpoints/2", nil)])
        let held = DraftMerge(base: base, theirs: without, mine: mine)
        #expect(Self.names(held.definition).contains("create_order"))
        #expect(held.report.conflicts.first?.message.contains("refer to it") == true)
        _ = try Self.accepted(held.definition)
    }

    @Test("I: a shared schema of the user's that refers to an endpoint means that endpoint after the merge")
    func sharedReferences() throws {
        let base = try Self.yaml(Self.imported)
        let mine = Self.edit(
            base,
            [
                ("/$defs/Own", ["$ref": "#/endpoints/2/request_body"]),
                ("/endpoints/1/response_schema", ["$ref": "#/$defs/Own"]),
            ])
        let theirs = Self.edit(base, [("/endpoints/0", nil)])
        let merge = DraftMerge(base: base, theirs: theirs, mine: mine)
        #expect(Self.names(merge.definition) == ["list_orders", "create_order", "delete_order"])
        #expect(merge.definition["$defs"]?["Own"] == ["$ref": "#/endpoints/1/request_body"])
        _ = try Self.accepted(merge.definition)
        let held = DraftMerge(base: base, theirs: Self.edit(base, [("/endpoints/2", nil)]), mine: mine)
        #expect(Self.names(held.definition).contains("create_order"))
        _ = try Self.accepted(held.definition)
    }

    @Test("A new authentication from the source is taken where the user only set secrets")
    func authentication() throws {
        let base = try Self.yaml(Self.imported)
        let mine = Self.edit(base, [("/authentication/config/token", "vault://users/u/apis/a/token")])
        let key: JSON = ["type": "api_key", "config": ["header_name": "X-Key"]]
        let merge = DraftMerge(base: base, theirs: Self.edit(base, [("/authentication", key)]), mine: mine)
        #expect(merge.definition["authentication"] == key)
        #expect(merge.report.lines.contains { $0.contains("/authentication/type") })
        #expect(!merge.report.json.text().contains("vault://"))
    }

    @Test("Without edits the source's definition comes out, and without news the user's", arguments: 0..<60)
    func laws(seed: UInt64) throws {
        var random = RandomValues(seed: seed)
        let base = try Self.yaml(Self.imported)
        let other = Self.edit(base, Self.randomEdits(&random))
        let third = Self.edit(base, Self.randomEdits(&random))
        #expect(
            Self.sorted(DraftMerge(base: base, theirs: base, mine: other).definition) == Self.sorted(Self.pruned(other))
        )
        #expect(
            Self.sorted(DraftMerge(base: base, theirs: other, mine: base).definition) == Self.sorted(Self.pruned(other))
        )
        #expect(DraftMerge(base: base, theirs: other, mine: other).report.conflicts.isEmpty)
        let both = DraftMerge(base: base, theirs: other, mine: third)
        _ = try Self.accepted(both.definition)
        // What came out is what the user has now: merging once more changes nothing.
        let again = DraftMerge(base: other, theirs: other, mine: both.definition)
        #expect(Self.sorted(again.definition) == Self.sorted(both.definition))
        #expect(again.report.conflicts.isEmpty)
    }

    private static func randomEdits(_ random: inout RandomValues) -> [(String, JSON?)] {
        let edits: [(String, JSON?)] = [
            ("/description", "Other \(random.next(3))"), ("/endpoints/0/description", "Text \(random.next(3))"),
            ("/endpoints/0/name", "renamed_\(random.next(2))"), ("/endpoints/1/approval", "required"),
            ("/endpoints/2/request_body/required", ["count"]), ("/endpoints/0/parameters/1", nil),
            (
                "/endpoints/0/parameters/2",
                ["name": "q\(random.next(2))", "in": "query", "schema": ["type": "integer"]]
            ),
            ("/$defs/Order/properties/total", ["type": "number"]),
            ("/connection/timeout_ms", .number(JSONNumber(1000 + random.next(2)))),
            ("/endpoints/4", ["name": "new_\(random.next(2))", "method": "GET", "path": "/new"]),
            ("/endpoints/0/response_schema", nil), ("/endpoints/1/description", "List"),
        ]
        return (0..<random.next(6)).map { _ in edits[random.next(edits.count)] }.reduce(into: []) { result, edit in
            if !result.contains(where: { $0.0 == edit.0 }) { result.append(edit) }
        }.sorted { $0.0 > $1.0 }
    }

    /// Endpoints by their names, since order is each side's own.
    private static func sorted(_ json: JSON) -> JSON {
        edit(
            json,
            [
                (
                    "/endpoints",
                    .array(
                        (json["endpoints"]?.array ?? []).sorted { $0["name"]?.string ?? "" < $1["name"]?.string ?? "" })
                )
            ])
    }

    private static func pruned(_ json: JSON) -> JSON {
        Draft(
            source: .openapi, definition: edit(json, [("/endpoints", nil)]).object ?? [:],
            operations: (json["endpoints"]?.array ?? []).map {
                DraftOperation(method: "GET", path: "/", endpoint: $0.object)
            }
        ).wholeDefinition
    }

    @Test("I: definitions that are none, and thousands of endpoints, are merged in bounded work")
    func hostile() {
        for odd in [
            nil, 1, [], ["endpoints": 1], ["endpoints": [1, nil, [:], ["name": 1]], "$defs": 7, "authentication": []],
        ] as [JSON] {
            _ = DraftMerge(base: odd, theirs: odd, mine: ["name": "x", "endpoints": [1]])
            _ = DraftMerge(base: ["endpoints": [["name": "a"]]], theirs: odd, mine: odd)
        }
        let many: [JSON] = (0..<2000).map {
            ["name": "same", "method": "GET", "path": "/a", "description": .number(JSONNumber($0))]
        }
        let merge = DraftMerge(
            base: ["endpoints": .array(many)], theirs: ["endpoints": .array(many.reversed())],
            mine: ["endpoints": .array(many)])
        #expect(merge.definition["endpoints"]?.array?.count == 2000)
    }
}
