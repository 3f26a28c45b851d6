import Drafts
import OpenAPI
import Registry
import Testing
import Value

@Suite struct ReferenceTests {
    private func bundle(_ files: [String: String], root: String? = nil) throws -> Draft {
        try OpenAPIImporter().draft(
            files: files.sorted { $0.key < $1.key }.map { ImportFile(name: $0.key, bytes: Array($0.value.utf8)) },
            root: root)
    }

    @Test("I: local references lead anywhere: parameters, bodies, answers, headers, path items, schemas within paths")
    func anywhere() throws {
        let draft = try importing(
            document(
                """
                /boats/{id}: {$ref: '#/components/pathItems/Boat'}
                /masts:
                  post:
                    operationId: addMast
                    requestBody: {$ref: '#/components/requestBodies/Mast'}
                    responses:
                      '201': {$ref: '#/paths/~1boats~1%7Bid%7D/get/responses/200'}
                """,
                """
                components:
                  pathItems:
                    Boat:
                      parameters: [{$ref: '#/components/parameters/Id'}]
                      get:
                        operationId: getBoat
                        responses: {'200': {$ref: '#/components/responses/Boat'}}
                  parameters:
                    Id: {$ref: '#/components/parameters/Real~1Id'}
                    Real/Id: {name: id, in: path, required: true, schema: {$ref: '#/components/schemas/Boat/properties/id'}}
                  requestBodies:
                    Mast: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Mast'}}}}
                  responses:
                    Boat: {description: a boat, content: {application/json: {schema: {$ref: '#/components/schemas/Boat'}}}}
                  schemas:
                    Boat: {type: object, properties: {id: {type: integer}, mast: {$ref: '#/components/schemas/Mast'}}}
                    Mast: {type: object, properties: {height: {type: number}}, required: [height]}
                    Unused: {type: object}
                """))
        #expect(draft.operations.map(\.outcome) == [.imported, .imported])
        let api = try draft.accepted()
        #expect(api.endpoint(named: "getBoat")?.parameters.first?.name == "id")
        #expect(api.endpoint(named: "getBoat")?.argumentSchema.mismatches(of: ["id": "x"]).count == 1)
        let mast = try #require(api.endpoint(named: "addMast"))
        #expect(mast.argumentSchema.mismatches(of: ["height": 3]).isEmpty)
        #expect(mast.argumentSchema.mismatches(of: ["height": "tall"]).count == 1)
        #expect(mast.responseSchema?.mismatches(of: ["mast": ["height": "tall"]]).count == 1)
        #expect(draft.definition["$defs"]?["Unused"] == nil)
    }

    @Test("I: files that were uploaded together refer to each other by relative paths")
    func files() throws {
        let draft = try bundle([
            "spec/openapi.yaml": document("/boats: {$ref: paths/boats.yaml}"),
            "spec/paths/boats.yaml": """
            get:
              operationId: listBoats
              parameters: [{$ref: '../parts/query/$limit.yaml'}]
              responses:
                '200':
                  content:
                    application/json:
                      schema: {type: array, items: {$ref: './../parts/schemas.json#/Boat'}}
            """,
            "spec/parts/query/$limit.yaml": "name: limit\nin: query\nschema: {type: integer}\n",
            "spec/parts/schemas.json": """
            {"Boat": {"type": "object", "properties": {"mast": {"$ref": "#/Mast"}, "home": {"$ref": "more/port%20one.yaml"}}},
             "Mast": {"type": "string"}}
            """,
            "spec/parts/more/port one.yaml": "type: object\nproperties: {next: {$ref: '../schemas.json#/Boat'}}\n",
            "README.md": "# {not: yaml",
        ])
        #expect(draft.operations.map(\.outcome) == [.imported])
        let endpoint = try #require(try draft.accepted().endpoints.first)
        #expect(endpoint.parameters.map(\.name) == ["limit"])
        let sound: JSON = [["mast": "a", "home": ["next": ["mast": "b"]]]]
        #expect(endpoint.responseSchema?.mismatches(of: sound).isEmpty == true)
        let wrong: JSON = [["home": ["next": ["mast": 4]]]]
        #expect(endpoint.responseSchema?.mismatches(of: wrong).count == 1)
    }

    @Test("I: the root of several files is found, or named")
    func root() throws {
        let files = [
            "a/part.yaml": "type: string\n", "openapi.yaml": document("/a: {get: {operationId: a}}"),
            "other.yaml": document("/b: {get: {operationId: b}}"),
        ]
        let found = try bundle(files)
        #expect(found.operations.map(\.operationID) == ["a"])
        #expect(found.codes.contains("several_documents"))
        #expect(try bundle(files, root: "./other.yaml").operations.map(\.operationID) == ["b"])
        #expect(throws: ImportError.self) { try bundle(files, root: "none.yaml") }
        #expect(throws: ImportError.self) { try bundle(["a.yaml": "a: 1", "b.yaml": "b: 1"]) }
    }

    @Test("I, S13: references to http, https and file open nothing and become any value, with a finding")
    func elsewhere() throws {
        let draft = try importing(
            document(
                """
                /a:
                  post:
                    operationId: a
                    parameters: [{$ref: 'https://evil.example.com/p.yaml'}]
                    requestBody:
                      content: {application/json: {schema: {$ref: 'file:///etc/passwd'}}}
                    responses: {'200': {$ref: 'http://169.254.169.254/latest'}}
                /b: {$ref: 'https://evil.example.com/b.yaml'}
                /c: {get: {$ref: '../../../etc/hosts'}}
                """))
        #expect(draft.findings("reference_elsewhere").count == 5)
        #expect(draft.endpoints.map { $0["path"]?.string } == ["/a", "/c"])
        #expect(draft.endpoints[0]["request_body"] == ["required": false])
        _ = try draft.accepted()
    }

    @Test("I: a URL that was uploaded is that file, and relative references count from where the document came from")
    func urls() throws {
        let draft = try OpenAPIImporter().draft(
            files: [
                ImportFile(
                    name: "api.yaml",
                    bytes: Array(
                        document(
                            """
                            /a: {$ref: 'https://boats.example.com/specs/a.yaml'}
                            /b: {$ref: './a.yaml'}
                            """
                        ).utf8)),
                ImportFile(name: "https://boats.example.com/specs/a.yaml", bytes: Array("get: {}".utf8)),
            ], options: ImportOptions(sourceURL: "https://boats.example.com/specs/api.yaml"))
        #expect(draft.operations.map(\.method) == ["GET", "GET"])
    }

    @Test("I: references that lead nowhere or in circles are told of, and only what hangs on them changes")
    func missing() throws {
        let draft = try importing(
            document(
                """
                /a:
                  get:
                    operationId: a
                    parameters: [{$ref: '#/components/parameters/P'}, {name: q, in: query, schema: {$ref: '#/nowhere'}}]
                    responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/Loop'}}}}}
                """,
                """
                components:
                  parameters: {P: {$ref: '#/components/parameters/Q'}, Q: {$ref: '#/components/parameters/P'}}
                  schemas:
                    Loop: {$ref: '#/components/schemas/Again'}
                    Again: {allOf: [{$ref: '#/components/schemas/Loop'}, {type: object}]}
                """))
        #expect(draft.codes.contains("reference_circular"))
        #expect(draft.codes.contains("reference_not_found"))
        #expect(draft.codes.contains("schema_endless"))
        let endpoint = try #require(try draft.accepted().endpoints.first)
        #expect(endpoint.parameters.map(\.name) == ["q"])
        #expect(endpoint.responseSchema?.mismatches(of: ["a": 1]).isEmpty == true)
    }

    @Test("I: recursive schemas stand once and check values of any depth")
    func recursive() throws {
        let draft = try importing(
            document(
                """
                /tree:
                  post:
                    operationId: plant
                    requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Node'}}}}
                """,
                """
                components:
                  schemas:
                    Node:
                      type: object
                      properties: {children: {type: array, items: {$ref: '#/components/schemas/Node'}}, twin: {$ref: '#/components/schemas/Twin'}}
                    Twin: {oneOf: [{$ref: '#/components/schemas/Twin'}, {$ref: '#/components/schemas/Node'}, {type: integer}]}
                """))
        #expect(draft.definition["$defs"]?.object?.keys == ["Node", "Twin"])
        let endpoint = try #require(try draft.accepted().endpoints.first)
        #expect(endpoint.argumentSchema.mismatches(of: ["children": [["children": [["twin": 5]]]]]).isEmpty)
        #expect(endpoint.argumentSchema.mismatches(of: ["children": [["children": [["twin": "x"]]]]]).count == 1)
    }

    @Test("I: anchors, $id, $dynamicRef and siblings of $ref mean in 3.1 what JSON Schema says")
    func anchors() throws {
        let draft = try importing(
            document(
                """
                /a:
                  get:
                    operationId: a
                    parameters:
                      - {name: x, in: query, schema: {$ref: '#mast', minLength: 3}}
                      - {name: y, in: query, schema: {$ref: 'https://boats.example.com/oar'}}
                      - {name: z, in: query, schema: {$ref: '#/components/schemas/Tree'}}
                """,
                """
                components:
                  schemas:
                    Mast: {$anchor: mast, type: string}
                    Oar: {$id: 'https://boats.example.com/oar', type: integer, $defs: {a: {type: boolean}}}
                    Tree: {$dynamicAnchor: node, type: array, items: {$dynamicRef: '#node'}}
                """, version: "3.1.0"))
        #expect(draft.operations.flatMap(\.findings).map(\.code) == ["parameter_as_json"])
        let endpoint = try #require(try draft.accepted().endpoints.first)
        #expect(endpoint.argumentSchema.mismatches(of: ["x": "ab"]).count == 1)
        #expect(endpoint.argumentSchema.mismatches(of: ["x": "abc", "y": 4, "z": [[]]]).isEmpty)
        #expect(endpoint.argumentSchema.mismatches(of: ["y": "4"]).count == 1)
        #expect(endpoint.argumentSchema.mismatches(of: ["z": [4]]).count == 1)
    }
}
