/// One address to ask, and why.
struct Probe: Sendable {
    /// In the order in which they are asked.
    enum Purpose: String, Sendable, CaseIterable {
        case root
        /// A place that surely does not exist: what the server answers there, it answers for anything.
        case absent
        /// A file that a document refers to.
        case part
        case linked, configuration, script, catalog
        case wellKnown = "well_known"
        case linkedPage = "linked_page"
        case graphQL = "graphql"
        case page
        case sample

        /// Whether nothing but custom says that there is something.
        var isGuess: Bool { [.wellKnown, .graphQL, .page].contains(self) }

        var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    var purpose: Purpose
    var address: WebAddress
    /// What named the address; nil for guesses.
    var source: Evidence?
    /// Links between the base URL and this.
    var depth = 0
    var redirects = 0
    /// GraphQL introspection by POST.
    var isPost = false
    /// The page that a script's references are relative to.
    var page: WebAddress?
    /// Segments of the path that are known to hold a value.
    var values: Set<Int> = []
    /// The bundle that a part belongs to.
    var bundle: Int?
}
