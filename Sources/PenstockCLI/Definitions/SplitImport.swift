import Value

/// One of the drafts that an import by servers makes.
struct SplitImport {
    let draft: JSON
    /// Nil where the owner has to give it.
    let server: String?
    /// What it is to be stored under; nil where no name makes one.
    let slug: String?

    var hasEndpoints: Bool { ImportReport(answer: draft).hasEndpoints }

    /// The drafts with their slugs, each once.
    ///
    /// - Parameter slug: of the first; the others add their host to it. By default the definitions' own.
    static func parts(_ drafts: [JSON], slug: String?) -> [SplitImport] {
        var taken: Set<String> = []
        return drafts.enumerated().map { index, draft in
            let server = draft["server"]?.string
            var wish = DefinitionFile.slug(of: draft["definition"] ?? .null)
            if let slug { wish = index == 0 ? slug : named(slug, at: server ?? "") }
            guard let first = wish else { return SplitImport(draft: draft, server: server, slug: nil) }
            var unique = first
            var number = 2
            while !taken.insert(unique).inserted {
                unique = "\(first.prefix(60))_\(number)"
                number += 1
            }
            return SplitImport(draft: draft, server: server, slug: unique)
        }
    }

    /// `crm_files_example_com` for `crm` at `https://files.example.com`.
    private static func named(_ slug: String, at server: String) -> String {
        let host = server.firstRange(of: "://").map { server[$0.upperBound...] } ?? server[...]
        return DefinitionFile.slug(of: ["name": .string("\(slug) \(host)")]) ?? slug
    }
}
