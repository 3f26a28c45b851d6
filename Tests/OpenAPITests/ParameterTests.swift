import Drafts
import EgressPolicy
import OpenAPI
import Registry
import Testing
import Value

@Suite struct ParameterTests {
    @Test(
        "I: style and explode of 3.x reach the endpoint as they are",
        arguments: [
            ("path", "simple", ParameterStyle.simple), ("path", "label", .label), ("path", "matrix", .matrix),
            ("query", "form", .form), ("query", "spaceDelimited", .spaceDelimited),
            ("query", "pipeDelimited", .pipeDelimited), ("query", "deepObject", .deepObject),
            ("header", "simple", .simple), ("cookie", "form", .form),
        ], [true, false])
    func styles(_ row: (place: String, style: String, expected: ParameterStyle), explode: Bool) throws {
        let path = row.place == "path" ? "/a/{p}" : "/a"
        let draft = try importing(
            document(
                """
                \(path):
                  get:
                    parameters:
                      - {name: p, in: \(row.place), required: true, style: \(row.style), explode: \(explode), schema: {type: array}}
                """))
        let format = try #require(try draft.accepted().endpoints.first?.parameters.first).format
        #expect(format.style == row.expected)
        #expect(format.explode == (row.style == "deepObject" ? true : explode))
        #expect(draft.operations[0].outcome == .imported)
    }

    @Test("I: a description beside a parameter's $ref counts before the parameter's own")
    func describedReference() throws {
        let draft = try importing(
            document(
                "/a: {get: {parameters: [{$ref: '#/components/parameters/p', description: Here}, "
                    + "{$ref: '#/components/parameters/q'}]}}",
                "components: {parameters: {p: {name: p, in: query, description: There, schema: {type: string}}, "
                    + "q: {name: q, in: query, description: There, schema: {type: string}}}}", version: "3.1.0"))
        let endpoint = try #require(draft.endpoints.first)
        #expect(endpoint.parameter("p")?["description"] == "Here")
        #expect(endpoint.parameter("q")?["description"] == "There")
    }

    @Test(
        "I: braces in a path's query are a parameter, declared or not, in the path or in the query",
        arguments: [
            ("/a?x={v}", "[{name: v, in: path, required: true, schema: {type: integer}}]", "x", "integer"),
            ("/a?x={v}", "[{name: v, in: query, schema: {type: integer}}]", "x", "integer"),
            ("/a?x={v}", "[]", "x", "string"), ("/a?{v}", "[]", "v", "string"),
            ("/a?y=1&x=pre-{v}&z=2", "[]", "x", "string"), ("/a?x={v&w}", "[]", "x", "string"),
            ("/a/{v}?x={v}", "[{name: v, in: path, required: true, schema: {type: integer}}]", "x", "string"),
        ])
    func queryInPath(_ row: (path: String, parameters: String, name: String, type: String)) throws {
        let draft = try importing(document("'\(row.path)': {get: {parameters: \(row.parameters)}}"))
        let endpoint = try #require(draft.endpoints.first)
        #expect(endpoint.parameter(row.name)?["in"] == "query")
        #expect(endpoint.parameter(row.name)?["schema"]?["type"]?.string == row.type)
        #expect(endpoint["path"]?.string?.contains("?") == false)
        #expect(draft.codes.contains("path_repaired"))
        _ = try draft.accepted()
    }

    @Test("I: defaults of style and explode are those of OpenAPI; a style that cannot stand there is repaired")
    func defaults() throws {
        let draft = try importing(
            document(
                """
                /a/{p}:
                  get:
                    parameters:
                      - {name: p, in: path, required: true, schema: {type: string}}
                      - {name: q, in: query, allowReserved: true, schema: {type: array}}
                      - {name: X-H, in: header, style: form, schema: {type: array}}
                """))
        let parameters = try #require(try draft.accepted().endpoints.first?.parameters)
        #expect(parameters.map(\.format.style) == [.simple, .form, .simple])
        #expect(parameters.map(\.format.explode) == [false, true, false])
        #expect(parameters[1].format.allowsReserved)
        #expect(draft.findings("style_repaired").count == 1)
    }

    @Test(
        "I: collectionFormat of 2.0 becomes style and explode",
        arguments: [
            ("csv", ParameterStyle.form, false), ("ssv", .spaceDelimited, false), ("tsv", .tabDelimited, false),
            ("pipes", .pipeDelimited, false), ("multi", .form, true), ("", .form, false),
        ])
    func collections(_ row: (format: String, style: ParameterStyle, explode: Bool)) throws {
        let format = row.format.isEmpty ? "" : "collectionFormat: \(row.format), "
        let draft = try importing(
            """
            swagger: '2.0'
            host: boats.example.com
            paths:
              /a:
                get:
                  parameters: [{name: p, in: query, type: array, \(format)items: {type: string}}]
            """)
        let read = try #require(try draft.accepted().endpoints.first?.parameters.first)
        #expect(read.format.style == row.style)
        #expect(read.format.explode == row.explode)
        #expect(read.schema["items"] == ["type": "string"])
    }

    @Test("I: a name in several places keeps each: parameters get arguments of their own, the body is one argument")
    func collisions() throws {
        let draft = try importing(
            document(
                """
                /a/{id}:
                  put:
                    operationId: a
                    parameters:
                      - {name: id, in: query, schema: {type: integer}}
                      - {name: id, in: path, required: true, schema: {type: string}}
                      - {name: ID, in: header, schema: {type: boolean}}
                      - {name: id, in: cookie, schema: {type: string}}
                      - {name: body, in: query, schema: {type: string}}
                    requestBody:
                      required: true
                      content: {application/json: {schema: {type: object, properties: {id: {type: number}, x: {}}}}}
                """))
        let endpoint = try #require(try draft.accepted().endpoints.first)
        #expect(Set(endpoint.parameters.map(\.argument)) == ["id", "id_query", "ID", "id_cookie", "body_query"])
        #expect(endpoint.parameters.first { $0.argument == "id" }?.location == .path)
        #expect(endpoint.parameters.first { $0.argument == "id_query" }?.name == "id")
        #expect(endpoint.body == .whole)
        #expect(endpoint.argumentSchema.mismatches(of: ["id": "a", "id_query": 3, "body": ["id": 4]]).isEmpty)
        #expect(endpoint.argumentSchema.mismatches(of: ["id": "a", "body": ["id": "4"]]).count == 1)
        #expect(draft.codes.contains("body_as_argument"))
    }

    @Test("I, S8: headers that frame, route or identify are dropped with a finding, required or not")
    func reserved() throws {
        let names = ["Host", "Cookie", "X-Forwarded-For", "Content-Length", "Connection", "Proxy-Authorization", "TE"]
        let described = ["Accept", "Content-Type", "Authorization"]
        let lines = (names + described).map {
            "      - {name: \($0), in: header, required: true, schema: {type: string}}"
        }
        let draft = try importing(
            document(
                "/a:\n  get:\n    parameters:\n" + lines.joined(separator: "\n")
                    + "\n      - {name: X-Fine, in: header, schema: {type: string}}"
                    + "\n      - {name: 'not a header', in: header, schema: {type: string}}"))
        #expect(draft.findings("header_reserved").count == names.count)
        #expect(draft.findings("header_described_elsewhere").count == 3)
        #expect(draft.findings("parameter_invalid").count == 1)
        #expect(try draft.accepted().endpoints.first?.parameters.map(\.name) == ["X-Fine"])
    }

    @Test("I: parameters with content are written as JSON")
    func content() throws {
        let draft = try importing(
            document(
                """
                /a:
                  get:
                    parameters:
                      - {name: filter, in: query, content: {application/json: {schema: {type: object, properties: {a: {type: integer}}}}}}
                      - {name: other, in: query, content: {text/csv: {schema: {type: array}}}}
                """))
        let endpoint = try #require(try draft.accepted().endpoints.first)
        #expect(endpoint.parameters.map(\.isJSON) == [true, false])
        #expect(endpoint.argumentSchema.mismatches(of: ["filter": ["a": "x"]]).count == 1)
        #expect(draft.findings("parameter_content").count == 1)
    }

    @Test("I: paths are mended: undeclared names, odd names, spellings, queries, fragments, doubled slashes and names")
    func paths() throws {
        let draft = try importing(
            document(
                """
                /a/{undeclared}: {get: {operationId: a}}
                '/b/{Page Number}/{ID or Code}':
                  get:
                    operationId: b
                    parameters:
                      - {name: Page Number, in: path, required: true, schema: {type: integer}}
                      - {name: ID Or Code, in: path, required: true, schema: {type: string}}
                      - {name: gone, in: path, required: true, schema: {type: string}}
                '/c?action=list&tag={tag}#list':
                  get: {operationId: c, parameters: [{name: tag, in: path, required: true, schema: {type: string}}]}
                '/d//e/ü x/{id}/{id}/': {get: {operationId: d, parameters: [{name: id, in: path, schema: {type: integer}}]}}
                'e/{+path}': {get: {operationId: e, parameters: [{name: path, in: path, schema: {type: string}}]}}
                '/f/../g': {get: {operationId: f}}
                """))
        let api = try draft.accepted()
        #expect(
            api.endpoints.map(\.template.description) == [
                "/a/{undeclared}", "/b/{Page_Number}/{ID_or_Code}", "/c", "/d/e/%C3%BC%20x/{id}/{id_2}/", "/e/{path}",
            ])
        #expect(draft.operations.last?.outcome == .leftOut)
        let query = try #require(api.endpoint(named: "c"))
        #expect(Set(query.parameters.map(\.name)) == ["action", "tag"])
        #expect(query.parameters.first { $0.name == "action" }?.schema["default"] == "list")
        #expect(query.parameters.allSatisfy { $0.location == .query })
        #expect(draft.findings("parameter_not_in_path").count == 1)
    }

    @Test("I: an operation's own parameter replaces its path's of the same name and place")
    func overrides() throws {
        let draft = try importing(
            document(
                """
                /a:
                  parameters:
                    - {name: p, in: query, schema: {type: string}}
                    - {name: p, in: header, schema: {type: string}}
                  get: {parameters: [{name: p, in: query, schema: {type: integer}}]}
                """))
        let endpoint = try #require(try draft.accepted().endpoints.first)
        #expect(endpoint.parameters.count == 2)
        #expect(endpoint.argumentSchema.mismatches(of: ["p": 1, "p_header": "x"]).isEmpty)
    }

    @Test("I: descriptions and examples come along")
    func examples() throws {
        let draft = try importing(
            document(
                """
                /a/{id}:
                  post:
                    summary: Rename a boat
                    description: Gives it <b>another</b> name.
                    deprecated: true
                    parameters: [{name: id, in: path, required: true, description: of the boat, schema: {type: integer}, example: 7}]
                    requestBody:
                      required: true
                      content:
                        application/json:
                          schema: {type: object, properties: {name: {type: string}}, required: [name]}
                          examples: {one: {value: {name: Lotte}}, two: {value: {name: Berta}}}
                """))
        let endpoint = draft.endpoints[0]
        #expect(
            endpoint["description"] == "Rename a boat\n\nGives it <b>another</b> name.\n\nDeprecated.")
        #expect(endpoint.parameter("id")?["description"] == "of the boat")
        #expect(endpoint.at("/examples/0/arguments") == ["id": 7, "name": "Lotte"])
        #expect(endpoint["examples"]?.array?.count == 2)
    }
}
