/// The answer of a shop's GraphQL server to introspection.
enum ShopSchema {
    private static func named(_ name: String, _ kind: String = "SCALAR") -> String {
        #"{"kind":"\#(kind)","name":"\#(name)","ofType":null}"#
    }
    private static func required(_ inner: String) -> String { #"{"kind":"NON_NULL","name":null,"ofType":\#(inner)}"# }
    private static func list(_ inner: String) -> String { #"{"kind":"LIST","name":null,"ofType":\#(inner)}"# }

    private static func field(
        _ name: String, _ type: String, _ arguments: [String] = [], deprecated: Bool = false, about: String = ""
    ) -> String {
        #"{"name":"\#(name)","description":"\#(about)","isDeprecated":\#(deprecated),"args":[\#(arguments.joined(separator: ","))],"type":\#(type)}"#
    }

    private static func input(_ name: String, _ type: String, _ fallback: String = "null") -> String {
        #"{"name":"\#(name)","description":null,"type":\#(type),"defaultValue":\#(fallback)}"#
    }

    private static func type(
        _ name: String, _ kind: String, fields: [String] = [], inputs: [String] = [], values: [String] = []
    ) -> String {
        let list = fields.isEmpty ? "null" : "[\(fields.joined(separator: ","))]"
        let inner = inputs.isEmpty ? "null" : "[\(inputs.joined(separator: ","))]"
        let names = values.map { #"{"name":"\#($0)"}"# }.joined(separator: ",")
        return
            #"{"kind":"\#(kind)","name":"\#(name)","description":null,"fields":\#(list),"inputFields":\#(inner),"enumValues":[\#(names)]}"#
    }

    static let answer: String = {
        let product = named("Product", "OBJECT")
        let filter = named("ProductFilter", "INPUT_OBJECT")
        let types = [
            type(
                "Query", "OBJECT",
                fields: [
                    field("product", product, [input("id", required(named("ID")))], about: "One product by its number"),
                    field(
                        "products", required(list(required(product))),
                        [
                            input("first", required(named("Int")), #""20""#), input("filter", filter),
                            input("since", named("DateTime")),
                        ]),
                    field("version", required(named("String")), deprecated: true),
                    field("search", list(named("Hit", "UNION")), [input("text", required(named("String")))]),
                ]),
            type(
                "Product", "OBJECT",
                fields: [
                    field("id", required(named("ID"))), field("title", named("String")),
                    field("status", required(named("Status", "ENUM"))), field("price", named("Money")),
                    field("maker", named("Maker", "OBJECT")), field("related", list(product)),
                    field("image", named("String"), [input("size", required(named("Int")))]),
                    field("old", named("String"), deprecated: true),
                ]),
            type(
                "Maker", "OBJECT", fields: [field("name", required(named("String"))), field("products", list(product))]),
            type(
                "ProductFilter", "INPUT_OBJECT",
                inputs: [
                    input("status", list(required(named("Status", "ENUM")))), input("and", list(required(filter))),
                    input("minimum", named("Float")),
                ]),
            type("Status", "ENUM", values: ["ACTIVE", "GONE"]), type("Hit", "UNION"), type("Money", "SCALAR"),
            type("ID", "SCALAR"), type("String", "SCALAR"), type("Int", "SCALAR"), type("Float", "SCALAR"),
            type("DateTime", "SCALAR"),
            type("Mutation", "OBJECT", fields: [field("removeProduct", named("Boolean"), [input("id", named("ID"))])]),
            type("__Type", "OBJECT", fields: [field("name", named("String"))]),
        ]
        return
            #"{"data":{"__schema":{"queryType":{"name":"Query"},"mutationType":{"name":"Mutation"},"subscriptionType":null,"types":[\#(types.joined(separator: ","))]}}}"#
    }()
}
