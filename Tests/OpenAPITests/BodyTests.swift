import Drafts
import OpenAPI
import Registry
import Testing
import Value

@Suite struct BodyTests {
    private func endpoint(_ content: String, isRequired: Bool = true, _ rest: String = "") throws -> (
        CompiledEndpoint, Draft
    ) {
        let draft = try importing(
            document(
                "/a:\n  post:\n    operationId: a\n    requestBody: {required: \(isRequired), content: \(content)}",
                rest))
        return (try #require(try draft.accepted().endpoints.first), draft)
    }

    @Test(
        "I: bodies that are no plain objects are the argument body",
        arguments: [
            ("{type: array, items: {type: integer}}", "[1, 2]", "[\"x\"]"), ("{type: integer}", "3", "\"x\""),
            ("{type: string}", "\"x\"", "3"), ("{oneOf: [{type: integer}, {type: boolean}]}", "true", "\"x\""),
            ("{allOf: [{type: object, properties: {a: {type: integer}}}, {required: [a]}]}", "{\"a\": 1}", "{}"),
            ("{type: object, additionalProperties: {type: integer}}", "{\"x\": 1}", "{\"x\": \"y\"}"),
        ])
    func whole(_ row: (schema: String, sound: String, wrong: String)) throws {
        let (endpoint, _) = try endpoint("{application/json: {schema: \(row.schema)}}")
        #expect(endpoint.body == .whole)
        #expect(endpoint.arguments["type"] == "object")
        #expect(endpoint.argumentSchema.mismatches(of: ["body": try JSON.parse(row.sound)]).isEmpty)
        #expect(!endpoint.argumentSchema.mismatches(of: ["body": try JSON.parse(row.wrong)]).isEmpty)
        #expect(!endpoint.argumentSchema.mismatches(of: [:]).isEmpty)
    }

    @Test("I: an operation without a body takes none")
    func none() throws {
        let draft = try importing(document("/a: {post: {operationId: a}}"))
        let endpoint = try #require(try draft.accepted().endpoints.first)
        #expect(endpoint.body == .none)
        #expect(!endpoint.argumentSchema.mismatches(of: ["body": 1]).isEmpty)
    }

    @Test("I: an optional body keeps what its object requires")
    func optional() throws {
        let (endpoint, _) = try endpoint(
            "{application/json: {schema: {type: object, properties: {a: {type: string}, b: {}}, required: [a]}}}",
            isRequired: false)
        #expect(endpoint.argumentSchema.mismatches(of: [:]).isEmpty)
        #expect(endpoint.argumentSchema.mismatches(of: ["a": "x"]).isEmpty)
        #expect(!endpoint.argumentSchema.mismatches(of: ["b": 1]).isEmpty)
    }

    @Test("I: JSON is chosen among several content types, and the others are told")
    func alternatives() throws {
        let (endpoint, draft) = try endpoint(
            "{application/xml: {schema: {type: string}}, application/vnd.boats+json: {schema: {type: array}}, "
                + "application/json: {schema: {type: integer}}}")
        #expect(endpoint.content == .json)
        #expect(endpoint.argumentSchema.mismatches(of: ["body": 1]).isEmpty)
        #expect(draft.findings("content_alternatives").count == 1)
        #expect(draft.operations[0].outcome == .imported)
    }

    @Test(
        "I: forms, files, bytes, text and XML are written as their content types have it",
        arguments: [
            (
                "application/x-www-form-urlencoded", "{type: object, properties: {a: {type: string}}}",
                RequestContent.Encoding.form
            ),
            ("multipart/form-data", "{type: object, properties: {a: {type: string, format: binary}}}", .multipart),
            ("application/octet-stream", "{type: string, format: binary}", .base64), ("image/png", "{}", .base64),
            ("text/plain", "{type: string}", .text), ("application/xml", "{type: object, properties: {a: {}}}", .text),
            ("text/json", "{type: object, properties: {a: {type: integer}}}", .json),
            ("'*/*'", "{type: integer}", .json), ("application/merge-patch+json", "{type: object}", .json),
        ])
    func types(_ row: (type: String, schema: String, encoding: RequestContent.Encoding)) throws {
        let (endpoint, draft) = try endpoint("{\(row.type): {schema: \(row.schema)}}")
        #expect(endpoint.content.encoding == row.encoding)
        if row.type == "text/json" { #expect(endpoint.content.type == "text/json") }
        #expect(draft.operations[0].outcome != .leftOut)
        #expect(draft.codes.contains("body_as_text") == (row.type == "application/xml"))
    }

    @Test("I: files of a multipart form are given in base64 and sent as files; encoding of fields is followed")
    func files() throws {
        let (multipart, _) = try endpoint(
            "{multipart/form-data: {schema: {$ref: '#/components/schemas/Upload'}, encoding: {photo: {contentType: 'image/png, image/jpeg'}}}}",
            "components: {schemas: {Upload: {type: object, required: [photo], properties: {photo: {type: string, format: binary}, "
                + "more: {type: array, items: {type: string, format: binary}}, name: {type: string}}}}}")
        let photo = multipart.content.fields["photo"]
        #expect(photo?.isFile == true && photo?.type == "image/png" && photo?.nameArgument == "photo_filename")
        #expect(multipart.content.fields["more"]?.isFile == true)
        #expect(multipart.content.fields["name"] == nil)
        let (form, draft) = try endpoint(
            "{application/x-www-form-urlencoded: {schema: {type: object, properties: {meta: {type: object}, ids: {type: array}}}, "
                + "encoding: {meta: {style: deepObject, explode: true}, ids: {explode: false}}}}")
        #expect(form.content.fields["meta"]?.style == .deep)
        #expect(form.content.fields["ids"]?.style == .joined(separator: ","))
        #expect(draft.operations[0].outcome == .imported)
    }

    @Test("I: body, formData, consumes and type: file of 2.0")
    func swagger() throws {
        let draft = try importing(
            """
            swagger: '2.0'
            host: boats.example.com
            consumes: [application/xml, application/json]
            paths:
              /a: {post: {operationId: a, parameters: [{name: boat, in: body, required: true, schema: {type: object, properties: {x: {type: integer}}}}]}}
              /b: {post: {operationId: b, parameters: [{name: x, in: formData, type: string, required: true}, {name: l, in: formData, type: array, items: {type: string}}]}}
              /c: {post: {operationId: c, parameters: [{name: f, in: formData, type: file, required: true}, {name: x, in: formData, type: integer}]}}
              /e: {post: {operationId: e, consumes: [multipart/form-data], parameters: [{name: f, in: formData, type: file, x-nullable: true}, {name: l, in: formData, type: array, items: {type: string}}, {name: p, in: formData, type: array, collectionFormat: pipes, items: {type: string}}, {name: m, in: formData, type: array, collectionFormat: multi, items: {type: string}}, {name: fs, in: formData, type: array, items: {type: string, format: binary}}]}}
              /d: {get: {operationId: d, produces: [image/png], responses: {'200': {schema: {type: file}}}}}
            """)
        let api = try draft.accepted()
        #expect(draft.operations.map(\.outcome) == Array(repeating: .imported, count: 5))
        #expect(api.endpoint(named: "a")?.content == .json)
        #expect(api.endpoint(named: "a")?.body == .properties(["x"], isOpen: true))
        #expect(api.endpoint(named: "b")?.content.encoding == .form)
        #expect(api.endpoint(named: "b")?.content.fields["l"]?.style == .joined(separator: ","))
        #expect(api.endpoint(named: "c")?.content.fields["f"]?.isFile == true)
        #expect(api.endpoint(named: "c")?.content.encoding == .multipart)
        #expect(api.endpoint(named: "d")?.response == nil)
        let fields = try #require(api.endpoint(named: "e")?.content.fields)
        #expect(fields["f"]?.isFile == true && fields["fs"]?.isFile == true && fields["fs"]?.style == .plain)
        #expect(fields["l"]?.style == .joined(separator: ",") && fields["p"]?.style == .joined(separator: "|"))
        #expect(fields["m"] == nil)
    }

    @Test(
        "I: HEAD has no body, GET may; readOnly is not required of requests nor writeOnly of answers; what is required exists"
    )
    func directions() throws {
        let draft = try importing(
            document(
                """
                /a:
                  head: {operationId: head, requestBody: {required: true, content: {application/json: {schema: {type: object}}}}}
                  get:
                    operationId: get
                    requestBody: {content: {application/json: {schema: {type: object, properties: {query: {type: string}}}}}}
                  options: {operationId: options, requestBody: {content: {application/json: {schema: {type: object}}}}}
                  put:
                    operationId: put
                    requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Boat'}}}}
                    responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/Boat'}}}}}
                """,
                """
                components:
                  schemas:
                    Boat:
                      type: object
                      required: [id, name, secret, undeclared]
                      properties: {id: {type: integer, readOnly: true}, name: {type: string}, secret: {type: string, writeOnly: true}}
                """))
        #expect(draft.findings("body_dropped").count == 1)
        let get = try #require(try draft.accepted().endpoint(named: "get"))
        #expect(get.body == .properties(["query"], isOpen: true) && !get.requiresBody)
        #expect(draft.findings("property_undeclared").count == 1)
        let put = try #require(try draft.accepted().endpoint(named: "put"))
        #expect(put.body == .properties(["id", "name", "secret", "undeclared"], isOpen: true))
        #expect(put.argumentSchema.mismatches(of: ["name": "a", "secret": "b", "undeclared": 1]).isEmpty)
        #expect(put.responseSchema?.mismatches(of: ["id": 1, "name": "a", "undeclared": 1]).isEmpty == true)
    }

    @Test("I: the answer's schema is that of the lowest success, of 2XX, or of default")
    func responses() throws {
        let json = { (type: String) in "{content: {application/json: {schema: {type: \(type)}}}}" }
        let draft = try importing(
            document(
                """
                /a: {get: {operationId: a, responses: {default: \(json("string")), '201': \(json("integer")), '200': \(json("boolean")), '404': \(json("array"))}}}
                /b: {get: {operationId: b, responses: {2XX: \(json("integer")), default: \(json("string"))}}}
                /c: {get: {operationId: c, responses: {default: \(json("string"))}}}
                /d: {get: {operationId: d, responses: {'204': {description: none}, default: \(json("string"))}}}
                /e: {get: {operationId: e, responses: {'200': {content: {text/csv: {schema: {type: string}}}}}}}
                """))
        let types = draft.endpoints.map { $0.at("/response_schema/type")?.string }
        #expect(types == ["boolean", "integer", "string", nil, nil])
        #expect(draft.findings("other_responses").count == 1)
        #expect(draft.definition.at("/security/validation") == "warn")
    }
}

extension JSONObject {
    fileprivate func at(_ path: String) -> JSON? { JSON.object(self).at(path) }
}
