import Discovery
import Drafts
import EgressPolicy
import Registry
import Testing
import Value

@Suite struct GraphQLDiscoveryTests {
    private func shop() async throws -> Draft {
        let site = ScriptedSite(["GET /graphql": .json(ShopSchema.answer)])
        let result = try await discover(site)
        #expect(result.kinds.contains("graphql_found"))
        #expect(site.asked.allSatisfy { $0.method == .get && $0.body == nil })
        return try #require(result.candidates.first?.draft)
    }

    @Test func `Each query field is an endpoint with a fixed query and its arguments as variables`() async throws {
        let draft = try await shop()
        #expect(draft.source == .graphql)
        let products = try #require(draft.endpoint("products"))
        #expect(products["method"] == "POST" && products["path"] == "/graphql")
        let body = try #require(products["request_body"])
        #expect(
            body["properties"]?["query"]?["const"]
                == "query products($first: Int, $filter: ProductFilter, $since: DateTime) { products(first: $first, filter: $filter, since: $since) { id title status price maker { name } } }"
        )
        #expect(body["required"] == ["query"])
        let variables = try #require(body["properties"]?["variables"])
        #expect(variables["properties"]?["first"]?["type"] == "integer")
        #expect(variables["properties"]?["filter"]?["$ref"] == "#/$defs/ProductFilter")
        #expect(variables["required"] == nil)
    }

    @Test func `Required arguments are required variables, and input types refer to each other`() async throws {
        let draft = try await shop()
        let body = draft.endpoint("product")?["request_body"]
        #expect(body?["required"] == ["query", "variables"])
        #expect(body?["properties"]?["variables"]?["required"] == ["id"])
        let filter = draft.definition["$defs"]?["ProductFilter"]
        #expect(filter?["properties"]?["and"]?["items"]?["$ref"] == "#/$defs/ProductFilter")
        #expect(draft.definition["$defs"]?["Status"]?["enum"] == ["ACTIVE", "GONE"])
    }

    @Test func `The answer's schema follows the selection and knows what may be null`() async throws {
        let draft = try await shop()
        let data = try #require(
            draft.endpoint("products")?["response_schema"]?["properties"]?["data"]?["properties"]?["products"])
        #expect(data["type"] == "array")
        #expect(data["items"]?["type"] == "object")
        let product = data["items"]?["properties"]
        #expect(product?["title"]?["type"] == ["string", "null"])
        #expect(product?["status"] == ["type": "string", "enum": ["ACTIVE", "GONE"]])
        #expect(product?["price"] == [:])
        #expect(product?["maker"]?["type"] == ["object", "null"])
        #expect(product?["related"] == nil && product?["image"] == nil && product?["old"] == nil)
    }

    @Test func `Mutations are listed and left out`() async throws {
        let draft = try await shop()
        let mutation = try #require(draft.operations.first { $0.operationID == "mutation removeProduct" })
        #expect(mutation.outcome == .leftOut)
        #expect(mutation.findings.map(\.code) == ["mutation"])
        #expect(draft.operations.first { $0.operationID == "query version" }?.isDeprecated == true)
    }

    @Test func `A union is asked for the names of its types`() async throws {
        let text = try await shop().endpoint("search")?["request_body"]?["properties"]?["query"]?["const"]?.string
        #expect(text == "query search($text: String!) { search(text: $text) { __typename } }")
    }

    @Test func `The relay accepts the definition`() async throws {
        let definition = try accepted(try await shop())
        #expect(definition.name == "GraphQL at crm.example.com")
    }

    @Test func `Introspection goes by GET, percent-encoded, and never names a mutation`() async throws {
        let site = ScriptedSite([:])
        _ = try await discover(site)
        let asked = site.asked.filter { $0.address.path.hasSuffix("graphql") }
        #expect(asked.count == 2)
        for request in asked {
            let query = try #require(request.address.target.query)
            #expect(query.hasPrefix("query=query%20PenstockIntrospection%7B__schema"))
            #expect(!query.contains("=mutation"))
        }
    }

    @Test func `A server that wants POST is told, and not asked by POST unless that is permitted`() async throws {
        let refusal = #"{"errors":[{"message":"GET requests are not supported"}]}"#
        let site = ScriptedSite([
            "GET /graphql": .json(refusal, status: 405), "POST /graphql": .json(ShopSchema.answer),
        ])
        let careful = try await discover(site)
        #expect(careful.kinds.contains("graphql_closed"))
        #expect(site.asked.allSatisfy { $0.method == .get })
        let result = try await discover(site) { $0.allowsIntrospectionPost = true }
        #expect(result.candidates.first?.draft.source == .graphql)
        let posts = site.asked.filter { $0.method == .post }
        #expect(!posts.isEmpty)
        for post in posts {
            let body = try JSON.parse(try #require(post.body))
            #expect(body.object?.keys == ["query"])
            #expect(body["query"]?.string?.hasPrefix("query PenstockIntrospection{__schema") == true)
        }
        #expect(result.requests.contains { $0.method == "POST" && $0.path == "/graphql" && $0.status == 200 })
    }

    @Test func `A schema whose types are all connected to all is asked within bounds`() async throws {
        let names = (0..<60).map { "T\($0)" }
        let fields = names.map {
            #"{"name":"f\#($0)","args":[],"isDeprecated":false,"type":{"kind":"OBJECT","name":"\#($0)"}}"#
        }
        let list = fields.joined(separator: ",")
        let types = (["Query"] + names).map { #"{"kind":"OBJECT","name":"\#($0)","fields":[\#(list)]}"# }
        let answer =
            #"{"data":{"__schema":{"queryType":{"name":"Query"},"types":[\#(types.joined(separator: ","))]}}}"#
        let result = try await discover(ScriptedSite(["GET /graphql": .json(answer)]))
        let draft = try #require(result.candidates.first?.draft)
        #expect(draft.endpoints.count == 60)
        #expect(draft.endpoints.allSatisfy { JSON.object($0).bytes().count < 8192 })
    }

    @Test func `Fields beyond what a definition holds are listed as left out`() async throws {
        let fields = (0..<2003).map {
            #"{"name":"f\#($0)","args":[],"type":{"kind":"SCALAR","name":"Int"}}"#
        }
        let query = #"{"kind":"OBJECT","name":"Query","fields":[\#(fields.joined(separator: ","))]}"#
        let answer = #"{"data":{"__schema":{"queryType":{"name":"Query"},"types":[\#(query)]}}}"#
        let draft = try #require(
            try await discover(ScriptedSite(["GET /graphql": .json(answer)])).candidates.first?.draft)
        #expect(draft.endpoints.count == 2000)
        #expect(
            draft.operations.filter { $0.outcome == .leftOut }.map(\.findings.first?.code)
                == Array(repeating: "too_many", count: 3))
    }

    @Test func `Names and types that are none are passed over`() async throws {
        let answer = #"""
            {"data":{"__schema":{"queryType":{"name":"Query"},"types":[{"kind":"OBJECT","name":"Query","fields":[
              {"name":"a } mutation { b","args":[],"type":{"kind":"SCALAR","name":"String"}},
              {"name":"deep","args":[],"type":{"kind":"LIST","ofType":{"kind":"LIST","ofType":{"kind":"LIST","ofType":
                {"kind":"LIST","ofType":{"kind":"LIST","ofType":{"kind":"LIST","ofType":{"kind":"LIST","ofType":
                {"kind":"LIST","ofType":{"kind":"LIST","ofType":null}}}}}}}}}},
              {"name":"fair","args":[{"name":"x) { y","type":{"kind":"SCALAR","name":"Int"}}],
               "type":{"kind":"SCALAR","name":"String"}}, 7, null]}, 3]}}}
            """#
        let result = try await discover(ScriptedSite(["GET /graphql": .json(answer)]))
        let draft = try #require(result.candidates.first?.draft)
        #expect(draft.operations.map(\.operationID) == ["query fair"])
        #expect(
            draft.endpoints[0]["request_body"]?["properties"]?["query"]?["const"] == "query fair { fair }")
    }
}
