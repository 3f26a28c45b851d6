import EgressPolicy

/// Where descriptions usually are.
enum WellKnownPlaces {
    private static let first = ["openapi.json", "openapi.yaml", "swagger.json", "v3/api-docs", "api-docs"]
    private static let documents = [
        "openapi.json", "openapi.yaml", "openapi.yml", "swagger.json", "v3/api-docs", "v2/api-docs",
        "api-docs", "swagger/v1/swagger.json", "openapi/v1.json", "api/openapi.json", "api/swagger.json",
        "api/v1/openapi.json", "api/v3/openapi.json", ".well-known/openapi.json", ".well-known/openapi.yaml",
        ".well-known/openapi", "api/schema/", "q/openapi", "api-docs.json", "api-json",
    ]
    private static let pages = [
        "docs", "swagger-ui/index.html", "swagger-ui.html", "swagger", "swagger/index.html", "redoc", "api/docs",
        "apidocs/", "scalar/v1", "api", "api/documentation", "reference",
    ]
    private static let graphQL = ["graphql", "api/graphql"]
    /// Told apart from any real place by its name alone.
    static let absent = "/penstock-discovery-asks-for-what-is-not-here"

    /// All guesses, in the order in which they are asked.
    static func probes(_ base: BaseURL) -> [Probe] {
        var probes: [Probe] = []
        func add(_ purpose: Probe.Purpose, _ path: String) {
            guard let address = WebAddress(base.origin, path: path) else { return }
            probes.append(Probe(purpose: purpose, address: address))
        }
        add(.root, base.pathPrefix.isEmpty ? "/" : base.pathPrefix)
        add(.absent, base.pathPrefix + absent)
        add(.catalog, "/.well-known/api-catalog")
        if !base.pathPrefix.isEmpty {
            for place in first { add(.wellKnown, "\(base.pathPrefix)/\(place)") }
            add(.graphQL, base.pathPrefix + "/graphql")
            for place in pages.prefix(1) { add(.page, "\(base.pathPrefix)/\(place)") }
        }
        for place in documents { add(.wellKnown, "/" + place) }
        for place in pages { add(.page, "/" + place) }
        for place in graphQL { add(.graphQL, "/" + place) }
        return probes
    }
}
